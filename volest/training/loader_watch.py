"""Do batches hold the training up? Asked once, when a few epochs have gone by."""

from collections.abc import Callable, Mapping

import pandas as pd

from volest.config import Config
from volest.evaluation.loader_wait import quicker_batches, wait_percent
from volest.records.history import Row
from volest.training.curves import PartPredictions

EPOCHS = 4
"""After which it is told, while there is still time to stop and set it right."""


class LoaderWatch:
    """Tells, once, that batches take more than `diagnosis.loader_wait_percent` of the epochs, and what to set.

    Args:
        config: with the threshold.
        fold: for the sentence.
        tell: told of it.
    """

    def __init__(self, config: Config, fold: int, tell: Callable[[str], None]) -> None:
        self.config = config
        self.fold = fold
        self.tell = tell
        self.shares: list[float] = []

    def epoch(self, row: Row, parts: Mapping[str, PartPredictions]) -> None:
        """Add an epoch of this process: one that goes on after an interruption waits again, and is told again."""
        self.shares.append(row["loader_wait_share"])
        if len(self.shares) != EPOCHS:
            return
        percent = wait_percent(pd.Series(self.shares))
        if percent is not None and percent > self.config.diagnosis.loader_wait_percent:
            self.tell(
                f"fold {self.fold}: {percent:.0f}% of an epoch is spent making batches or waiting for them (VOL122). "
                f"{quicker_batches(self.config)}"
            )
