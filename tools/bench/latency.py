"""How long a user waits: for help, and for the volume of one scan."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from bench.memory import large_run
from bench.options import Options
from bench.page import table
from volest.datasets.admission import admitted_image
from volest.experiments.fold import run_fold
from volest.inference.ensemble import load_ensemble
from volest.progress import Silent
from volest.records.manifest import read_manifest

COMMAND = str(Path(sys.executable).with_name("volest"))
CALLS = 5


def latency(options: Options) -> list[str]:
    """Wall time of the help, of a warm prediction, and of the whole command."""
    run, config = large_run(options)
    run_fold(config, 0, Silent(), resume=True)
    scan = next(iter(read_manifest(config.data.manifest))).path
    torch.set_num_threads(options.threads)
    ensemble = load_ensemble(run)

    def estimate() -> None:
        ensemble.estimate(admitted_image(scan))

    first, *warm = _seconds(estimate, 1 + CALLS)
    help_ = _seconds(lambda: _command("--help"), CALLS)
    whole = _seconds(lambda: _command("predict", str(run.path), str(scan), "--quiet"), 2)
    rows = [
        ("`volest --help`, best of 5", f"{min(help_):.2f}", "<= 0.5"),
        (
            f"a warm 128^3 scan, read and audited, {options.threads} threads",
            f"{statistics.median(warm):.2f}",
            "<= 1",
        ),
        ("the same, first call", f"{first:.2f}", ""),
        ("`volest predict` of that scan, the whole command, best of 2", f"{min(whole):.2f}", ""),
    ]
    return table(("", "seconds", "aim"), rows)


def _command(*arguments: str) -> None:
    subprocess.run([COMMAND, *arguments], check=True, stdout=subprocess.DEVNULL)


def _seconds(work: Callable[[], None], times: int) -> list[float]:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return taken
