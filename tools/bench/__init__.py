"""Speed and memory of volest; `tools/bench_training.py` runs it."""
