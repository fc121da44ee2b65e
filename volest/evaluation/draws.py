"""Many samples at once, each told by how often it holds each patient.

A bootstrap sample of patients is a row of counts, the study itself a row of ones, and the study without one patient a
row of ones with one zero. A statistic that is written on counts serves all three and never copies a scan.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from volest.evaluation.sample import PerScan, Sample

PerDraw = Float[np.ndarray, " draw"]

ROUNDING = 1e-12
"""A variance below this share of the mean square is rounding: the values are all the same."""


@dataclass(frozen=True, eq=False)
class Draws:
    """Samples of the patients of one study.

    Attributes:
        counts: how often each patient was drawn.
    """

    sample: Sample
    counts: Float[np.ndarray, "draw patient"]

    @cached_property
    def n_scans(self) -> PerDraw:
        """Scans in each draw."""
        return self.counts @ np.bincount(self.sample.patient_of_scan, minlength=self.counts.shape[1]).astype(float)

    @cached_property
    def weights(self) -> Float[np.ndarray, "draw scan"]:
        """How often each draw holds each scan."""
        return self.counts[:, self.sample.patient_of_scan]

    def average(self, values: PerScan) -> PerDraw:
        """Mean over the scans of each draw."""
        totals = np.bincount(self.sample.patient_of_scan, weights=values, minlength=self.counts.shape[1])
        return self.counts @ totals / self.n_scans

    def covariance(self, one: PerScan, other: PerScan) -> PerDraw:
        """Of two quantities in each draw, divided by its number of scans; 0 where it is rounding alone."""
        one, other = one - one.mean(), other - other.mean()  # against cancellation
        covariance = self.average(one * other) - self.average(one) * self.average(other)
        size = np.sqrt(self.average(one**2) * self.average(other**2))
        return np.where(np.abs(covariance) > ROUNDING * size, covariance, 0.0)

    def variance(self, values: PerScan) -> PerDraw:
        """Of one quantity in each draw, divided by its number of scans; 0 where it does not vary."""
        # Equal values leave residues of the centring that are rounding against the values themselves.
        floor = ROUNDING * np.square(values).max(initial=0)
        variance = self.covariance(values, values)
        return np.where(variance > floor * ROUNDING, variance, 0.0)


def ratio(numerator: PerDraw, denominator: PerDraw) -> PerDraw:
    """Quotient; NaN where the denominator is zero."""
    undefined = np.full(np.shape(numerator), np.nan)
    return np.divide(numerator, denominator, out=undefined, where=denominator != 0)


def whole(sample: Sample) -> Draws:
    """The study itself, once."""
    return Draws(sample, np.ones((1, sample.n_patients)))


def without_one_patient(sample: Sample) -> Draws:
    """The study without each patient in turn."""
    return Draws(sample, 1 - np.eye(sample.n_patients))


def drawn_patients(sample: Sample, n_draws: int, rng: np.random.Generator) -> Draws:
    """As many patients as the study has, with replacement, and all their scans."""
    n = sample.n_patients
    return Draws(sample, rng.multinomial(n, np.full(n, 1 / n), size=n_draws).astype(float))
