"""`volest monitor`."""

import contextlib
from pathlib import Path
from typing import Annotated

from typer import Argument, Option


def monitor(
    run: Annotated[Path, Argument(help="Run directory, or a folder of runs.")],
    port: Annotated[int, Option(help="Port of the page on this machine.")] = 6006,
) -> None:
    """Start TensorBoard on a run: curves of all folds, agreement, augmented scans."""
    from volest.errors import RunError

    if not run.is_dir():
        raise RunError(f"run directory {run} does not exist. Train first: `volest train --fold 0` or `volest cv`.")
    if not any(run.rglob("events.out.tfevents*")):
        raise RunError(f"{run} holds no curves. Name the directory of a run, or a folder of runs, that was trained.")
    from tensorboard.program import TensorBoard

    # In this process, so that whatever ends the command ends the server too.
    board = TensorBoard()
    board.configure(logdir=str(run), port=port)
    with contextlib.suppress(KeyboardInterrupt):  # the way to leave it
        if board.main() != 0:
            raise RunError(f"TensorBoard could not start on port {port}. Choose another with `--port N`.")
