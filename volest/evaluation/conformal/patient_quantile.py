"""The bound that a new patient stays below, patients as the unit: each weighs the same, however often scanned."""

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from volest.evaluation.conformal.supported_level import ROUNDING

Rule = Literal["pooled", "hierarchical"]


def patient_quantile(
    values: Float[np.ndarray, " scan"], patient_of_scan: Int[np.ndarray, " scan"], level: float, rule: Rule
) -> float:
    """Bound of the value of a scan of a new patient; infinite where K patients do not support the level.

    Scan j of patient k, who has N_k scans, weighs 1 / N_k.

    - `hierarchical`: the level of the weights 1 / ((K + 1) N_k), and 1 / (K + 1) at infinity for the new patient (Lee,
      Barber & Willett, arXiv 2306.06342, eq. 8; for one scan each, split conformal prediction). It holds at least the
      level, and with many different scans a patient up to 1 / K more.
    - `pooled`: the mean of the patients' distribution functions (Dunn, Wasserman & Ramdas, arXiv 1809.07441, pooling
      CDFs) at the two multiples of 1 / (K + 1) about the level, and linearly between, never above the other. For one
      scan each it is the interpolated order statistic whose coverage is wrong by O(1 / K^2) alone, where the upper of
      the two would hold up to 1 / (K + 1) too much (Beran & Hall 1993, J. R. Stat. Soc. B 55:643). Its level is
      asymptotic in K.

    Args:
        values: of held-out scans; infinite ones are allowed.
        patient_of_scan: numbers of patients, in any order and with gaps.
        level: above 0, below 1.
        rule: how the new patient counts.
    """
    _, patients, scans = np.unique(patient_of_scan, return_inverse=True, return_counts=True)
    n_patients, order = len(scans), np.argsort(values)
    rank = (n_patients + 1) * level
    if rank > n_patients + ROUNDING * n_patients:
        return math.inf
    shares = np.cumsum(1 / scans[patients[order]])

    def bound(share: float) -> float:
        """Smallest value up to which the scans make up so many patients."""
        place = int(np.searchsorted(shares, share - ROUNDING * n_patients))
        return float(values[order][min(place, len(values) - 1)])

    return bound(rank) if rule == "hierarchical" else min(bound(rank), _interpolated(bound, rank, n_patients))


def _interpolated(bound: Callable[[float], float], rank: float, n_patients: int) -> float:
    """Between the pooled bounds of the whole ranks below and above."""
    below, above = math.floor(rank + ROUNDING), math.ceil(rank - ROUNDING)
    low, high = (bound(n_patients * whole / (n_patients + 1)) for whole in (max(below, 1), above))
    return low + (rank - below) * (high - low) if high > low and math.isfinite(high) else high
