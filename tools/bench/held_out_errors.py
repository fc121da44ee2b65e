"""Held-out errors of studies that never were, without a training: patients, their scans, and folds that disagree."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from volest.records.predictions import Prediction

FOLDS = 5
ERROR_SD = 0.2
"""Of the logarithm of a volume, in the average patient."""


@dataclass(frozen=True)
class Scenario:
    """How often whom.

    Attributes:
        name: in words.
        scans: of each of so many patients.
        difficulty: factor on the errors of patients with so many scans.
        patient_share: of the variance of errors that all scans of a patient have in common.
        disagreement: SD of a fold about the mean of all, in SD of the errors.
    """

    name: str
    scans: Callable[[np.random.Generator, int], np.ndarray]
    difficulty: Callable[[np.ndarray], np.ndarray] = np.ones_like
    patient_share: float = 0.7
    disagreement: float = 0.3


def _two_to_fifteen(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.integers(2, 16, n)


def _few_with_many(rng: np.random.Generator, n: int) -> np.ndarray:
    return 1 + rng.geometric(0.05, n) * (rng.random(n) < 0.15)


SCENARIOS = (
    Scenario("one scan each", lambda rng, n: np.ones(n, dtype=int)),
    Scenario("2 to 15 scans", _two_to_fifteen),
    Scenario("2 to 15 scans, no patient effect", _two_to_fifteen, patient_share=0.0),
    Scenario("few patients with many scans", _few_with_many),
    Scenario("hard patients scanned seldom", _two_to_fifteen, lambda scans: np.where(scans < 6, 1.9, 0.6)),
    Scenario("hard patients scanned often", _two_to_fifteen, lambda scans: np.where(scans < 6, 0.6, 1.3)),
)


@dataclass(frozen=True)
class Scans:
    """Scans of simulated patients.

    Attributes:
        folds_ml: what each fold says, shape (scan, fold).
        error_sd: from which the logarithm of its error was drawn, disagreement of folds apart.
    """

    patients: np.ndarray
    reference_ml: np.ndarray
    folds_ml: np.ndarray
    error_sd: np.ndarray

    @property
    def mean_ml(self) -> np.ndarray:
        """Of the folds, in logarithms, as a run with a logarithmic target says it."""
        return np.exp(np.log(self.folds_ml).mean(axis=1))

    def held_out(self) -> list[Prediction]:
        """Each scan by the one fold that holds its patient out."""
        rows = zip(self.patients.tolist(), self.reference_ml.tolist(), self.folds_ml.tolist(), strict=True)
        return [
            Prediction(f"s{n}", f"p{patient}", patient % FOLDS, said_ml[patient % FOLDS], reference_ml)
            for n, (patient, reference_ml, said_ml) in enumerate(rows)
        ]

    def one_each(self) -> "Scans":
        """The first scan of each patient; scans are exchangeable, so that it is any one."""
        _, first = np.unique(self.patients, return_index=True)
        return Scans(self.patients[first], self.reference_ml[first], self.folds_ml[first], self.error_sd[first])

    def doubts(self, knowledge: float, rng: np.random.Generator) -> np.ndarray:
        """What networks tell of their errors: with knowledge 0 noise about their mean SD, with 1 about each one."""
        return ERROR_SD * (self.error_sd / ERROR_SD) ** knowledge * rng.lognormal(0, 0.2, len(self.error_sd))


def simulate(scenario: Scenario, patients: int, rng: np.random.Generator) -> Scans:
    """Scans of so many patients, whose errors have tails: some patients are harder than others."""
    scans = scenario.scans(rng, patients)
    of_scan = np.repeat(np.arange(patients), scans)
    scale = ERROR_SD * scenario.difficulty(scans) * rng.lognormal(0, 0.4, patients)
    common = np.sqrt(scenario.patient_share) * rng.normal(size=patients) * scale
    own = np.sqrt(1 - scenario.patient_share) * rng.normal(size=len(of_scan)) * scale[of_scan]
    reference_ml = 60 * rng.lognormal(0, 0.45, patients)[of_scan]
    disagreement = scenario.disagreement * ERROR_SD * rng.normal(size=(len(of_scan), FOLDS))
    folds_ml = reference_ml[:, None] * np.exp((common[of_scan] + own)[:, None] + disagreement)
    return Scans(of_scan, reference_ml, folds_ml, scale[of_scan])
