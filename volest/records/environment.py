"""`environment.json`: with what a run was made."""

import json
import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from volest.records import atomic

PACKAGES = ("volest", "torch", "lightning", "monai", "torchio", "timm-3d", "numpy", "pynrrd", "SimpleITK")


def write_environment(path: Path, seed: int, device: str) -> None:
    """Write versions, commit, seed, device and command."""
    content = {
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "seed": seed,
        "device": device,
        "python": platform.python_version(),
        "system": platform.platform(),
        "cpu_cores": os.cpu_count(),
        "versions": {name: _version(name) for name in PACKAGES},
        "git_commit": _git_commit(),
    }
    atomic.write_text(path, json.dumps(content, indent=2) + "\n")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _git_commit() -> str | None:
    """Commit of volest's own checkout; None where it was installed as a package."""
    try:
        commit = subprocess.check_output(
            ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, stderr=subprocess.DEVNULL, text=True, timeout=5
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return commit.strip() or None
