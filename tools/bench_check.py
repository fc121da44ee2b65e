"""Time and peak memory of `volest check` over phantom scans of 128^3: `python tools/bench_check.py --scans 200`.

Memory is the proportional set size of all processes together, sampled every 0.1 s (Linux alone): pages that processes
share count once. Scans are made first, outside the measured time, and kept with `--folder`.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

from volest.phantoms.population import PRESETS
from volest.phantoms.study import write_phantoms


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scans", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="Keep or reuse the scans here.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        table = folder / "labels.csv"
        if not table.exists():
            write_phantoms(replace(PRESETS["question"], scans=arguments.scans), folder, seed=0, masks=True)
        seconds, peak_mib, status = measure(table, arguments.workers)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cores = len(os.sched_getaffinity(0))
    print(
        f"{arguments.scans} scans of 128^3 with masks, {arguments.workers} workers on {cores} cores: {seconds:.1f} s "
        f"({used.ru_utime + used.ru_stime:.1f} s of CPU), "
        f"peak {peak_mib:.0f} MiB, exit status {status}"
    )


def measure(table: Path, workers: int) -> tuple[float, float, int]:
    """Run the command; seconds, MiB, exit status."""
    command = [sys.executable, "-c", "from volest.cli.main import run; run()"]
    start = time.perf_counter()
    process = subprocess.Popen([*command, "check", str(table), "--workers", str(workers)])
    peak_kib = 0.0

    def watch() -> None:
        nonlocal peak_kib
        while process.poll() is None:
            peak_kib = max(peak_kib, sum(map(proportional_kib, family(process.pid))))
            time.sleep(0.1)

    watcher = threading.Thread(target=watch)
    watcher.start()
    status = process.wait()
    seconds = time.perf_counter() - start
    watcher.join()
    return seconds, peak_kib / 1024, status


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    try:
        threads = [task.name for task in Path(f"/proc/{pid}/task").iterdir()]
        children = [c for t in threads for c in Path(f"/proc/{pid}/task/{t}/children").read_text().split()]
    except OSError:
        return [pid]
    return [pid, *(member for child in children for member in family(int(child)))]


def proportional_kib(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(float(line.split()[1]) for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    main()
