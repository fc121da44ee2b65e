"""Peak memory of a 128^3 training with the default network."""

import multiprocessing
import shutil
import time
from pathlib import Path

from bench.options import Options
from bench.page import table
from bench.study import large_recipe
from volest.config import Config
from volest.experiments.fold import run_fold
from volest.progress import Silent
from volest.records.run import RunDirectory

SCANS, EPOCHS = 15, 2
POLL_S = 0.02


def large_run(options: Options) -> tuple[RunDirectory, Config]:
    """Where the training of 128^3 lies or will lie, and its recipe."""
    directory = options.work / "large-run"
    config = large_recipe(options, SCANS, f"run.directory={directory}", f"training.epochs={EPOCHS}")
    return RunDirectory(directory), config


def memory(options: Options) -> list[str]:
    """Peak over the training process and its workers, of a training in a process of its own."""
    run, config = large_run(options)
    shutil.rmtree(run.path, ignore_errors=True)
    process = multiprocessing.get_context("spawn").Process(target=_train, args=(config,))
    started = time.perf_counter()
    process.start()
    peak_all = peak_main = 0.0
    while process.is_alive():
        resident = [_resident_gib(pid) for pid in _tree(process.pid or 0)]
        peak_all, peak_main = max(peak_all, sum(resident)), max([peak_main, *resident[:1]])
        time.sleep(POLL_S)
    if process.exitcode:
        raise RuntimeError(f"the training of 128^3 ended with exit code {process.exitcode}; see above.")
    rows = [("training process", f"{peak_main:.2f}"), ("with all that it started", f"{peak_all:.2f}")]
    return [
        *table((f"128^3, batch {config.training.batch_size}, fp32, augmented, CPU", "peak resident GiB"), rows),
        "",
        f"- {EPOCHS} epochs of {SCANS * 4 // 5} scans in {time.perf_counter() - started:.0f} s with imports, "
        "preprocessing and prediction of the held-out scans",
    ]


def _train(config: Config) -> None:
    run_fold(config, 0, Silent())


def _tree(pid: int) -> list[int]:
    """A process and all below it, itself first; those that end meanwhile are left out."""
    found = [pid]
    for parent in found:  # grows as it goes
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            found += [int(child) for child in _text(children).split()]
    return found


def _resident_gib(pid: int) -> float:
    for line in _text(Path(f"/proc/{pid}/status")).splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 2**20
    return 0.0


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
