"""A patient's scan in the light of an earlier one whose volume is known."""

import math
from dataclasses import dataclass

import numpy as np

from volest.config.intervals import Score
from volest.evaluation.conformal.axis import place, volume_ml
from volest.records.follow_up import FollowUpModel

IMPLAUSIBLE_SD = 4.0
"""So many standard deviations off, an earlier volume is more likely that of another patient, or in another unit."""


@dataclass(frozen=True)
class Followed:
    """A volume that rests on an earlier one.

    Attributes:
        surprise: of what the networks say, told the earlier volume, in standard deviations of the model.
    """

    volume_ml: float
    surprise: float


def followed(
    model: FollowUpModel, said_ml: float, earlier_ml: float, earlier_said_ml: float | None = None
) -> Followed | None:
    """Volume of a scan, told the volume of the patient's earlier one; None where that is implausible or no use.

    A network errs alike on all scans of a patient, so that its error on the earlier scan, which is known, tells of its
    error on this one; and a volume changes only so much.

    On the axis of the model the network says y' = x' + u + e' of the earlier scan and y = x' + g + u + e of this one,
    where x' is the earlier volume, g ~ N(growth, T) the change since, u ~ N(bias, S) the error that scans of a patient
    share, and e, e' ~ N(0, E) that of each. The volume is x' + E[g | y, y', x']. A share S / (S + E) of a known error
    is taken for the patient's own: the best linear unbiased prediction of a random effect (Robinson 1991, Statist.
    Sci. 6:15, section 2).

    Args:
        model: of the run.
        said_ml: by the network of this scan.
        earlier_ml: reference of the earlier scan.
        earlier_said_ml: by the network of the earlier scan; None, or no number, where it cannot be asked.
    """
    said, before = _place(said_ml, model.score), _place(earlier_ml, model.score)
    shared, single = model.patient_variance, model.scan_variance
    error, doubt = model.bias, shared  # of u, without the earlier scan
    surprises = []
    if earlier_said_ml is not None and is_usable(earlier_said_ml, model.score):
        known = _place(earlier_said_ml, model.score) - before - model.bias
        surprises.append(_in_sd(known, shared + single))
        error += known * _share(shared, single)
        doubt *= 1 - _share(shared, single)
    new = said - before - model.growth - error
    surprises.append(_in_sd(new, model.change_variance + doubt + single))
    if not max(surprises) <= IMPLAUSIBLE_SD:
        return None
    change = model.growth + new * _share(model.change_variance, doubt + single)
    return Followed(volume_ml(before + change, model.score), max(surprises))


def grown_ml(model: FollowUpModel, earlier_ml: float) -> float:
    """The earlier volume with the average growth, without a look at any scan."""
    return volume_ml(_place(earlier_ml, model.score) + model.growth, model.score)


def is_usable(volume_ml: float, score: Score) -> bool:
    """Whether a volume has a place on the axis."""
    return math.isfinite(_place(volume_ml, score))


def _place(volume_ml: float, score: Score) -> float:
    return float(place(np.array([volume_ml], dtype=float), score)[0])


def _share(part: float, rest: float) -> float:
    """Of a sum of variances; of nothing, nothing."""
    return part / (part + rest) if part else 0.0


def _in_sd(deviation: float, variance: float) -> float:
    """Infinite for NaN, and where nothing varies and something differs."""
    if math.isnan(deviation):
        return math.inf
    return abs(deviation) / math.sqrt(variance) if variance else (math.inf if deviation else 0.0)
