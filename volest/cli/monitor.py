"""`volest monitor`."""

import sys
from pathlib import Path
from typing import Annotated

from typer import Argument, Option


def monitor(
    run: Annotated[Path, Argument(help="Run directory, or a folder of runs.")],
    port: Annotated[int, Option(help="Port of the page on this machine.")] = 6006,
) -> None:
    """Start TensorBoard on a run: curves of all folds, agreement, augmented scans."""
    import subprocess

    from volest.errors import RunError

    if not run.is_dir():
        raise RunError(f"run directory {run} does not exist. Train first: `volest train --fold 0` or `volest cv`.")
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(run), "--port", str(port)]
    raise SystemExit(subprocess.call(command))
