"""Repeatability: how far two predictions of one patient may lie apart (Bland & Altman 1999, SMMR 8:135, section 4)."""

import math

import numpy as np
from jaxtyping import Int
from scipy import stats

from volest.evaluation.sample import PerScan
from volest.evaluation.variance_components import variance_components
from volest.records.evaluation import Figure

COVERED = 1.96 * math.sqrt(2)
"""Times the SD within patients: 95% of the differences between two scans."""


def repeatability_coefficient(
    values: PerScan, patient_of_scan: Int[np.ndarray, " scan"], level: float = 0.95
) -> Figure:
    """1.96 sqrt(2) Sw, with the interval of a variance; empty where no patient has two scans.

    Give it errors rather than predictions where the volume itself may have changed between the scans of a patient;
    where the reference has not changed, both are the same.
    """
    if not len(values) or not np.isfinite(values).all():
        return Figure(None, None, None)
    parts = variance_components(values, patient_of_scan)
    freedom = parts.n_scans - parts.n_patients
    if not freedom:
        return Figure(None, None, None)
    tail = (1 - level) / 2
    low, high = (freedom / stats.chi2.isf(side, freedom) for side in (tail, 1 - tail))
    coefficients = (COVERED * math.sqrt(parts.mean_square_within * share) for share in (1.0, low, high))
    return Figure.of(*coefficients)
