"""Scatter between patients and within them: the one-way analysis of variance with a random patient."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from volest.evaluation.sample import PerScan


@dataclass(frozen=True)
class VarianceComponents:
    """Of one quantity.

    Attributes:
        mean: over scans.
        mean_square_between: between patients; NaN with one patient.
        mean_square_within: within patients; NaN where no patient has two scans.
        scans_per_patient: the n0 of unbalanced designs, (n^2 - sum m_i^2) / ((k - 1) n).
        squared_shares: sum of m_i^2 / n^2, the part of the variance between patients that stays in the mean.
    """

    n_scans: int
    n_patients: int
    mean: float
    mean_square_between: float
    mean_square_within: float
    scans_per_patient: float
    squared_shares: float

    @property
    def within(self) -> float:
        """Variance within patients; 0 where no patient has two scans: all of it then counts as between."""
        return self.mean_square_within if self.n_scans > self.n_patients else 0.0

    @property
    def between(self) -> float:
        """Variance of the patients' own means; 0 where they differ less than chance would have them."""
        return max(0.0, (self.mean_square_between - self.within) / self.scans_per_patient)


def variance_components(values: PerScan, patient_of_scan: Int[np.ndarray, " scan"]) -> VarianceComponents:
    """Of values of at least one scan; patients are numbered from 0."""
    scans = np.bincount(patient_of_scan).astype(float)
    n, k = len(values), len(scans)
    mean = float(values.mean())
    patient_means = np.bincount(patient_of_scan, weights=values) / scans
    within = float(np.square(values - patient_means[patient_of_scan]).sum())
    between = float((scans * np.square(patient_means - mean)).sum())
    return VarianceComponents(
        n_scans=n,
        n_patients=k,
        mean=mean,
        mean_square_between=between / (k - 1) if k > 1 else float("nan"),
        mean_square_within=within / (n - k) if n > k else float("nan"),
        scans_per_patient=float(n**2 - np.square(scans).sum()) / ((k - 1) * n) if k > 1 else float("nan"),
        squared_shares=float(np.square(scans).sum()) / n**2,
    )
