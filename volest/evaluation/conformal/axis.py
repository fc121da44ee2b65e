"""What an error is measured in: millilitres, or shares of the volume."""

import numpy as np
from jaxtyping import Float

from volest.config.intervals import Score

PerScan = Float[np.ndarray, " scan"]


def place(volumes_ml: PerScan, score: Score) -> PerScan:
    """Volumes on the axis on which errors are alike: mL, or the natural logarithm.

    A logarithm of what is not above zero is NaN.
    """
    if score == "absolute":
        return volumes_ml
    positive = volumes_ml > 0
    return np.log(volumes_ml, out=np.full(np.shape(volumes_ml), np.nan), where=positive)


def volume_ml(place: float, score: Score) -> float:
    """Back to millilitres; what lies below zero is zero, as no volume does."""
    return max(place, 0.0) if score == "absolute" else float(np.exp(place))


def deviations(predicted_ml: PerScan, reference_ml: PerScan, score: Score) -> PerScan:
    """Distance of prediction and reference on the axis.

    It is infinite where a network gave no usable number: no interval of a finite width would have held the reference.
    """
    distance = np.abs(place(predicted_ml, score) - place(reference_ml, score))
    return np.where(np.isfinite(distance), distance, np.inf)


def doubt_on_axis(doubt: float, volume_ml: float, score: Score) -> float:
    """A share of the volume in the unit of `deviations`; 0 of what is no number, whose deviation is infinite anyway."""
    if score == "relative":
        return doubt
    return doubt * abs(volume_ml) if np.isfinite(volume_ml) else 0.0
