"""From the errors of held-out patients to the interval of one new scan."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from volest.evaluation.conformal.axis import place, volume_ml
from volest.evaluation.conformal.patient_quantile import Rule, patient_quantile
from volest.evaluation.conformal.scale import scale_of, scaled_deviations
from volest.records.estimates import Interval
from volest.records.intervals import Calibration

_Places = Float[np.ndarray, " scan"]


def interval_of(
    calibration: Calibration,
    estimate_ml: float,
    folds_ml: Mapping[int, float],
    level: float,
    doubt: float | None = None,
) -> Interval | None:
    """Interval of a new patient's scan; None where it has no finite end.

    Every end is a quantile over the held-out scans i, fold k(i), with errors R_i, patients as the unit. Where errors
    are scaled by doubt, R_i is the error over its own scale times that of the new scan.

    - `pooled`, `hierarchical`: of estimate -/+ R_i, which differ in the rule of `patient_quantile`.
    - `cv_plus`: of fold k(i)'s volume -/+ R_i (Barber, Candes, Ramdas & Tibshirani 2021, Ann. Statist. 49:486, eq. 11),
      `hierarchical`. In the worst case it holds 1 - 2a of new patients at a level of 1 - a, as a rule 1 - a.
    - `cv_minmax`: of the smallest fold's volume - R_i and the largest one's + R_i: at least 1 - a.

    Args:
        calibration: the held-out errors.
        estimate_ml: what the folds say together.
        folds_ml: what each fold says, by its number.
        level: share of new patients whose volume the interval shall hold.
        doubt: about the scan, in the unit of the deviations; without it a calibration that is scaled gives none.
    """
    low, high = _centres(calibration, estimate_ml, folds_ml)
    scale = scale_of(calibration, doubt)
    if not (np.isfinite(low).all() and np.isfinite(high).all() and math.isfinite(scale)):
        return None
    errors = scale * scaled_deviations(calibration)
    above, below = _bound(calibration, high + errors, level), -_bound(calibration, errors - low, level)
    if not (math.isfinite(below) and math.isfinite(above)):
        return None
    return Interval(level, volume_ml(below, calibration.score), volume_ml(above, calibration.score))


def error_bound(calibration: Calibration, level: float) -> float:
    """Size of the error, over its scale, that a share `level` of new patients stays below; infinite without bound."""
    return _bound(calibration, scaled_deviations(calibration), level)


def _bound(calibration: Calibration, values: _Places, level: float) -> float:
    rule: Rule = "pooled" if calibration.method == "pooled" else "hierarchical"
    return patient_quantile(values, np.array(calibration.patients), level, rule)


def _centres(calibration: Calibration, estimate_ml: float, folds_ml: Mapping[int, float]) -> tuple[_Places, _Places]:
    """About what the lower and the upper end of each held-out scan's interval is laid."""
    if calibration.method == "cv_plus":
        own = _places([folds_ml[fold] for fold in calibration.folds], calibration)
        return own, own
    said = list(folds_ml.values()) if calibration.method == "cv_minmax" else [estimate_ml]
    places, n = _places(said, calibration), len(calibration.folds)
    return np.full(n, places.min()), np.full(n, places.max())


def _places(volumes_ml: Sequence[float], calibration: Calibration) -> _Places:
    return place(np.array(volumes_ml, dtype=float), calibration.score)
