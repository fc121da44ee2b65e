"""Results as Markdown, with all that is needed to read them: command, date, machine, versions, seed."""

import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.options import Options

PACKAGES = ("volest", "torch", "lightning", "monai", "torchio", "numpy", "SimpleITK")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table; all columns but the first are numbers."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return [f"| {' | '.join(cells)} |" for cells in (head, rule, *rows)]


def preamble(options: Options) -> list[str]:
    """How, when and on what was measured."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return [
        "# Speed and memory of training",
        "",
        f"- command: `{_command(sys.argv[1:])}`",
        f"- date: {datetime.now(UTC):%Y-%m-%d}; commit {_commit()}; seed {options.seed}",
        f"- machine: {_cpu()}, {os.cpu_count()} cores, {_memory_gib():.0f} GiB; {options.threads} threads, "
        f"{options.workers} workers",
        f"- versions: Python {platform.python_version()}, {versions}",
        f"- {options.epochs} epochs measured in each of {options.repeats} interleaved repetitions, after one that is "
        "not; medians of the repetitions, and their range",
    ]


def _command(arguments: Sequence[str]) -> str:
    """As typed, but for the working folder, which changes no number and is of no use elsewhere."""
    work = [n for n, argument in enumerate(arguments) if argument == "--work"]
    kept = [argument for n, argument in enumerate(arguments) if n not in work and n - 1 not in work]
    return " ".join(["python", "tools/bench_training.py", *kept])


def _cpu() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    described = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parent)
    return described.stdout.strip() or "unknown"
