"""Does `volest predict` keep its memory, its rows and its pace over thousands of scans?

    .venv/bin/python tools/bench_predict.py FOLDER [--scans 5000] [--out FILE]

FOLDER gets two phantom studies with a run each, unless they are there. `many`: 24^3 rasters, two folds; as many names
as asked for, of 100 different scans and some spoilt ones, are predicted in one go, and by a process killed twice.
`large`: 64^3 rasters, five folds, 16 views, intervals and flags; 20 scans are predicted.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from volest.config import load_config
from volest.experiments.cross_validation import cross_validate
from volest.phantoms.population import PRESETS, PhantomPreset
from volest.phantoms.study import write_new_patients, write_phantoms
from volest.progress import Silent
from volest.records.estimate_journal import journal_path

DIFFERENT, SPOILT, SETTLED = 100, 7, 200
COMMAND = [str(Path(sys.executable).with_name("volest")), "predict"]

MANY = replace(PRESETS["small"], patients=12, scans=24, shape=(24, 24, 24), spacing_mm=(3.4, 4.1), samples=(36, 32, 32))
LARGE = replace(
    PRESETS["small"], patients=12, scans=12, shape=(64, 64, 64), spacing_mm=(1.28, 1.54), samples=(84, 64, 64)
)


@dataclass(frozen=True)
class Watched:
    """One process: how many rows it had written at each reading, its memory then, and how long it took."""

    rows: list[int]
    rss_mb: list[float]
    seconds: float


def trained(folder: Path, preset: PhantomPreset, *overrides: str) -> Path:
    run = folder / "run"
    if not (run / "metrics.json").exists():
        table = write_phantoms(preset, folder / "study", seed=0)
        places = (f"data.manifest={table}", f"run.directory={run}")
        cross_validate(load_config(None, [*places, "training.epochs=1", "training.workers=0", *overrides]), Silent())
    return run


def named_scans(folder: Path, count: int) -> Path:
    """`count` names of a few files."""
    if not (folder / "different").exists():
        write_new_patients(MANY, folder / "different", seed=0, scans=DIFFERENT)
    files = sorted((folder / "different").rglob("*.nrrd"))
    names = folder / f"names_{count}"
    if not names.exists():
        names.mkdir()
        for n in range(count):
            (names / f"{n:06}.nrrd").symlink_to(files[n % len(files)].resolve())
        for n in range(0, count, count // SPOILT):
            (names / f"{n:06}.nrrd").unlink()
            (names / f"{n:06}.nrrd").write_bytes(b"no scan")
    return names


def predict(run: Path, scans: Path, out: Path, kill_at: int | None = None) -> Watched:
    """Run the command, reading its memory twice a second; kill it at a number of rows."""
    started, seen = time.perf_counter(), Watched([], [], 0.0)
    arguments = [*COMMAND, str(run), str(scans), "--out", str(out), "--quiet"]
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        rows = written(out)
        if kill_at is not None and rows >= kill_at:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            break
        if rows:
            seen.rows.append(rows)
            seen.rss_mb.append(resident_mb(process.pid))
        time.sleep(0.5)
    return replace(seen, seconds=time.perf_counter() - started)


def written(out: Path) -> int:
    path = journal_path(out)
    try:
        with path.open("rb") as file:
            return sum(1 for _ in file) - 1
    except FileNotFoundError:
        return 0


def resident_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return float("nan")
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS")), float("nan"))


def many(folder: Path, count: int) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    small = ("split.folds=2", "preprocessing.voxel_budget=13824", "model.widths=[8, 8, 16, 16]")
    run, scans = trained(folder, MANY, *small), named_scans(folder, count)
    whole, broken = folder / "whole.csv", folder / "broken.csv"
    for path in (whole, broken, journal_path(whole), journal_path(broken)):
        path.unlink(missing_ok=True)
    seen = predict(run, scans, whole)
    for share in (0.3, 0.6):
        predict(run, scans, broken, kill_at=round(share * count))
        assert not broken.exists(), "a table that looks finished"
    predict(run, scans, broken)
    same = whole.read_bytes() == broken.read_bytes()
    settled = [mb for rows, mb in zip(seen.rows, seen.rss_mb, strict=True) if rows >= SETTLED and mb == mb]
    first = settled[0]
    tenths = [settled[len(settled) * n // 10] for n in range(10)] + [settled[-1]]
    return [
        f"- {count} scans in {seen.seconds:.0f} s ({1000 * seen.seconds / count:.0f} ms a scan), one process, unbroken",
        f"- memory after the first {SETTLED} rows: {first:.0f} MB, then {min(settled):.0f} to {max(settled):.0f} MB "
        f"({min(settled) - first:+.0f} to {max(settled) - first:+.0f}; asked for: within 50)",
        f"- at each tenth of the time: {', '.join(f'{mb:.0f}' for mb in tenths)} MB",
        f"- killed at 30% and 60% of the rows and resumed: the table is {'' if same else '**not** '}identical, "
        f"{len(whole.read_text().splitlines()) - 1} rows",
    ]


def large(folder: Path) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    run = trained(folder, LARGE, "training.views=16", "augmentation.elastic.probability=0")
    if not (folder / "new").exists():
        write_new_patients(LARGE, folder / "new", seed=0, scans=20)
    times = {}
    for count in (1, 20):
        few = folder / f"new_{count}"
        few.mkdir(exist_ok=True)
        for path in sorted((folder / "new").rglob("*.nrrd"))[:count]:
            if not (few / path.name).exists():
                (few / path.name).symlink_to(path.resolve())
        times[count] = min(predict(run, few, folder / "large.csv").seconds for _ in range(2))
    per_scan = (times[20] - times[1]) / 19
    return [
        f"- 20 scans of 64^3, five folds, 16 views each, intervals, flags and typicality: {times[20]:.1f} s, the whole "
        f"command, {times[20] / 20:.2f} s a scan (asked for: at most 3)",
        f"- a single scan: {times[1]:.1f} s, mostly imports; each further one {per_scan:.2f} s",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scans", type=int, default=5000)
    parser.add_argument("--only", choices=("many", "large"))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    lines = [f"Cores: {cores}."]
    if options.only != "large":
        lines += ["", f"## {options.scans} scans of 24^3, two folds", "", *many(options.folder / "many", options.scans)]
    if options.only != "many":
        lines += ["", "## 20 scans of 64^3, five folds", "", *large(options.folder / "large")]
    text = "\n".join(lines) + "\n"
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
