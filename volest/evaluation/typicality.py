"""How usual a new scan is: its rank among scans of patients that the network had not seen either."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float

PerScan = Float[np.ndarray, " scan"]


@dataclass(frozen=True, eq=False)
class Typicality:
    """Conformal p-values with patients as the unit.

    A patient with many scans speaks once: each scan counts for its share (Lee, Barber & Willett, Distribution-free
    inference with hierarchical data, 2023, arXiv:2306.06342). Of new patients like these, at most a share p gets a
    value of p or less, whatever the score (Vovk et al., Algorithmic Learning in a Random World, 2005, chapter 2).

    Attributes:
        scores: of held-out scans, large for the unusual.
        patient_ids: whose each is.
    """

    scores: PerScan
    patient_ids: Sequence[str]

    @cached_property
    def _shares(self) -> PerScan:
        """What each scan counts for, one a patient."""
        _, patient, scans = np.unique(self.patient_ids, return_inverse=True, return_counts=True)
        return np.asarray(1 / scans[patient])

    @property
    def n_patients(self) -> int:
        """Patients that speak."""
        return len(set(self.patient_ids))

    def of(self, score: float) -> float:
        """Share of the patients, the new one among them, that are at least as unusual; 1 / (patients + 1) at least."""
        return float((1 + self._shares[self.scores >= score].sum()) / (self.n_patients + 1))

    @property
    def least(self) -> float:
        """The smallest share that so many patients can tell."""
        return 1 / (self.n_patients + 1)

    def threshold(self, rate: float) -> float:
        """The smallest held-out score above which a scan is among the most unusual `rate` of new patients' scans.

        Where so few patients cannot tell so small a share, the largest score: then 1 / (patients + 1) are above it.
        None is above the threshold of a rate of 0.
        """
        if not len(self.scores) or rate <= 0:
            return np.inf
        allowed = max(rate * (self.n_patients + 1) - 1, 0.0)
        above = np.array([self._shares[self._beyond(score)].sum() for score in self.scores])
        return float(self.scores[above <= allowed + 1e-9].min())

    def _beyond(self, score: float) -> Bool[np.ndarray, " scan"]:
        return np.asarray(self.scores > score)
