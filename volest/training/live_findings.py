"""Is the network learning its training scans by heart? Asked of the curves as training goes, told once.

The verdict on a run, with its interval over patients, is that of `volest diagnose`; here one fold is seen, unfinished.
"""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from volest.config.schema import Config
from volest.evaluation.learning_curve import Curve, Gap, Turn, curve_of, gap, turn
from volest.records.history import Row
from volest.training.curves import PartPredictions
from volest.training.tensorboard import TIMES


class OverfittingWatch:
    """Judges the curves `TIMES` times in a training.

    Args:
        config: its `diagnosis` thresholds and the number of epochs.
        fold: for the sentence.
        earlier: curves of the epochs before an interruption.
        write: told of each judgement, and of the epoch.
        tell: told once, the first time that the network overfits.
    """

    def __init__(
        self,
        config: Config,
        fold: int,
        earlier: pd.DataFrame | None,
        write: Callable[[str, int], None],
        tell: Callable[[str], None],
    ) -> None:
        self.thresholds = config.diagnosis
        self.epochs = config.training.epochs
        self.every = max(1, self.epochs // TIMES)
        self.fold = fold
        self.rows: list[Row] = []
        if earlier is not None:
            pairs = zip(earlier["train_mae_ml"], earlier["val_mae_ml"], strict=True)
            self.rows += [{"train_mae_ml": float(train), "val_mae_ml": float(val)} for train, val in pairs]
        self.write = write
        self.tell = tell
        self.told = self._overfits(*shape) if (shape := self._shape()) else False

    def epoch(self, row: Row, parts: Mapping[str, PartPredictions]) -> None:
        """Add an epoch, and judge where it is time to."""
        self.rows.append(row)
        epoch = int(row["epoch"])
        if epoch % self.every and epoch != self.epochs - 1:
            return
        shape = self._shape()
        if shape is None:
            return
        overfits = self._overfits(*shape)
        sentence = _sentence(*shape, overfits=overfits)
        self.write(sentence, epoch)
        if overfits and not self.told:
            self.tell(f"fold {self.fold}, epoch {epoch + 1} of {self.epochs}: {sentence}")
            self.told = True

    def _shape(self) -> tuple[Gap, Turn] | None:
        """None while the curves are too short to have one."""
        curves = [_curve(self.rows, part) for part in ("train", "val")]
        train, held_out = curves
        return None if train is None or held_out is None else (gap(train, held_out), turn(held_out))

    def _overfits(self, apart: Gap, turned: Turn) -> bool:
        """Far above the training error, and on the way up; or so far above that it need not be."""
        limits = self.thresholds
        rising = turned.rise_percent > limits.turned_percent
        return (apart.ratio > limits.overfit_ratio and rising) or apart.ratio > limits.overfit_error_ratio


def _curve(rows: Sequence[Row], part: str) -> Curve | None:
    name = f"{part}_mae_ml"
    return curve_of(pd.DataFrame({name: [row[name] for row in rows]}), name)


def _sentence(apart: Gap, turned: Turn, overfits: bool) -> str:
    verdict = "overfitting (VOL101): " if overfits else "no overfitting to speak of: "
    told = (
        f"{verdict}held-out scans are {apart.held_out:.1f} mL off and training scans {apart.train:.1f} mL, "
        f"{apart.ratio:.1f} times as much; the smoothed held-out error was lowest about epoch {turned.epoch}"
    )
    return told + (f" and has risen by {turned.rise_percent:.0f}% since." if turned.rise_percent >= 1 else ".")
