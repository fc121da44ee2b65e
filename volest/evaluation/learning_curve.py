"""What a curve over epochs does: where it turns, how it ends, how it shakes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float

FEWEST_EPOCHS = 10
"""A shorter curve has no shape to speak of."""

Curve = Float[np.ndarray, " epoch"]


@dataclass(frozen=True)
class Turn:
    """Where a smoothed curve was lowest.

    Attributes:
        epoch: of the lowest point, counted from 1 as people do; records count from 0.
        lowest: there.
        rise_percent: from there to the end.
    """

    epoch: int
    lowest: float
    rise_percent: float


@dataclass(frozen=True)
class Gap:
    """Where the smoothed errors on training and on held-out scans have come to."""

    train: float
    held_out: float

    @property
    def ratio(self) -> float:
        """Held-out to training error; infinite where nothing is left of the latter."""
        return self.held_out / self.train if self.train > 0 else float("inf")


def curve_of(history: pd.DataFrame, name: str) -> Curve | None:
    """One column; None where it is too short or not finite all along."""
    values = history[name].to_numpy(dtype=float)
    return values if len(values) >= FEWEST_EPOCHS and bool(np.isfinite(values).all()) else None


def mean_curve(histories: Mapping[int, pd.DataFrame], name: str) -> Curve | None:
    """Mean over the folds, as far as all of them go; None where no fold has the curve."""
    curves = [curve for history in histories.values() if (curve := curve_of(history, name)) is not None]
    if not curves:
        return None
    length = min(len(curve) for curve in curves)
    return np.mean([curve[:length] for curve in curves], axis=0)


def smoothed(curve: Curve) -> Curve:
    """Mean over a tenth of the epochs about each, at least five; fewer at both ends."""
    window = max(5, len(curve) // 10) | 1
    return pd.Series(curve).rolling(window, center=True, min_periods=1).mean().to_numpy()


def gap(train: Curve, held_out: Curve) -> Gap:
    """Both smoothed curves at their ends."""
    return Gap(float(smoothed(train)[-1]), float(smoothed(held_out)[-1]))


def turn(curve: Curve) -> Turn:
    """The lowest point of the smoothed curve, and what follows."""
    smooth = smoothed(curve)
    place = int(smooth.argmin())
    lowest = float(smooth[place])
    return Turn(place + 1, lowest, 100 * float(smooth[-1] / lowest - 1) if lowest > 0 else 0.0)


def last_fifth(curve: Curve) -> Float[np.ndarray, " end"]:
    """The end of the curve, at least five epochs."""
    return curve[-max(5, len(curve) // 5) :]


def fall_percent(curve: Curve) -> float:
    """By which a straight line through the curve falls, of where the line begins; 0 where it is lost in the noise."""
    epochs = np.arange(len(curve), dtype=float)
    slope, start = np.polyfit(epochs, curve, 1)
    fall = -slope * epochs[-1]
    noise = float(np.std(curve - (start + slope * epochs)))
    return float(100 * fall / start) if start > 0 and fall > 2 * noise else 0.0


def noise_percent(curve: Curve) -> float:
    """SD of the second half about the smoothed curve, in per cent of its level there."""
    half = len(curve) // 2
    level = smoothed(curve)[half:]
    return float(100 * np.std(curve[half:] - level) / np.mean(level)) if np.mean(level) > 0 else 0.0
