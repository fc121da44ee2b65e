"""The trials of a search in TensorBoard's HParams: a session each."""

from collections.abc import Mapping
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from volest.records.search import Value

BOARD = "tensorboard"


def write_hparams(directory: Path, number: int, values: Mapping[str, Value], mae_ml: float) -> None:
    """Add a trial that was judged to its end.

    Args:
        directory: of the search.
        number: of the trial.
        values: that it was trained with.
        mae_ml: over its inner folds.
    """
    with SummaryWriter(str(directory / BOARD / f"trial_{number:04d}")) as writer:
        writer.add_hparams(dict(values), {"search/mae_ml": mae_ml}, run_name=".")
