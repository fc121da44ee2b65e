"""The bound that a new patient stays below, patients as the unit: each weighs the same, however often scanned."""

import math
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
      CDFs) at the level rounded up to a multiple of 1 / (K + 1), and never above the other. For one scan each, and for
      patients whose scans are all alike, both are split conformal prediction; else its level is asymptotic in K.

    Args:
        values: of held-out scans; infinite ones are allowed.
        patient_of_scan: numbers of patients, in any order and with gaps.
        level: above 0, below 1.
        rule: how the new patient counts.
    """
    _, patients, scans = np.unique(patient_of_scan, return_inverse=True, return_counts=True)
    n_patients = len(scans)
    order = np.argsort(values)
    shares = np.cumsum(1 / scans[patients[order]])
    rank = (n_patients + 1) * level
    pooled = n_patients * math.ceil(rank - ROUNDING) / (n_patients + 1)
    wanted = min(rank, pooled) if rule == "pooled" else rank
    place = int(np.searchsorted(shares, wanted - ROUNDING * n_patients))
    if place == len(values) or rank > n_patients + ROUNDING * n_patients:
        return math.inf
    return float(values[order][place])
