"""`history.csv`: the curves of one fold, a row per epoch."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from volest.errors import RunError
from volest.records import atomic

Row = Mapping[str, float]

COLUMNS = (
    "epoch",
    "train_loss",  # as trained: augmented scans, moving weights, mean over the epoch
    *(f"{part}_{metric}" for part in ("train", "val") for metric in ("mae_ml", "rmse_ml", "r2", "mape_percent")),
    "learning_rate",
    "gradient_norm",
    "penalty",  # on the weights, mean over the epoch; not in train_loss
    "gradient_noise_scale",  # scans; empty unless training.noise_scale asks for it
    "steps",  # moves of the weights in the epoch
    "samples_per_s",
    "loader_wait_share",
    "gpu_busy_share",  # of the time, as the driver tells twice a second; empty on other devices than NVIDIA GPUs
    "seconds",
)
"""train_ and val_ metrics: eval mode, averaged weights, no augmentation."""


def write_history(rows: Iterable[Row], path: Path) -> None:
    """Write all rows so far in one step."""
    with atomic.replacing(path) as temporary:
        pd.DataFrame(list(rows), columns=list(COLUMNS)).to_csv(temporary, index=False, float_format="%.8g")


def read_history(path: Path) -> pd.DataFrame:
    """The curves as a table.

    Raises:
        RunError: no such file, or no table.
    """
    try:
        return pd.read_csv(path)
    except FileNotFoundError:
        raise RunError(f"{path} does not exist: the fold has not ended an epoch yet.") from None
    except (OSError, ValueError) as error:
        raise RunError(f"{path} is damaged: {error}.") from None
