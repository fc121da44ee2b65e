"""Intervals by drawing patients, with all their scans, again and again."""

from collections.abc import Callable
from functools import cached_property

import numpy as np
from scipy import special

from volest.evaluation.draws import Draws, PerDraw, drawn_patients, whole, without_one_patient
from volest.evaluation.sample import Sample
from volest.records.evaluation import Figure

Statistic = Callable[[Draws], PerDraw]

N_DRAWS = 2000
LEVEL = 0.95

FEWEST_PATIENTS = 5
"""Fewer patients can be drawn in too few ways: an interval of them would be narrow by lack of choice."""

MOST_UNDEFINED = 0.05
"""Share of draws that may leave a statistic undefined; with more, those that are left no longer speak for all."""


class Bootstrap:
    """One set of draws of the patients of a study, for all its statistics."""

    def __init__(self, sample: Sample, rng: np.random.Generator, n_draws: int = N_DRAWS, level: float = LEVEL) -> None:
        self.sample = sample
        self.level = level
        self._draws = drawn_patients(sample, n_draws, rng) if sample.n_patients else None

    def figure(self, statistic: Statistic) -> Figure:
        """The statistic of the study with its BCa interval (Efron 1987, JASA 82:171), patients as the units.

        With fewer than five patients, or where more than 5% of the draws leave it undefined, there is no interval.
        """
        if self._draws is None:
            return Figure(None, None, None)
        value = float(statistic(whole(self.sample))[0])
        if not np.isfinite(value) or self.sample.n_patients < FEWEST_PATIENTS:
            return Figure.of(value)
        drawn = statistic(self._draws)
        defined = drawn[np.isfinite(drawn)]
        if len(defined) < (1 - MOST_UNDEFINED) * len(drawn):
            return Figure.of(value)
        return Figure.of(value, *_bca(value, defined, statistic(self._without_one), self.level))

    def share(self, statistic: Statistic) -> Figure:
        """As `figure`, for a share in per cent: where it is 0 or 100, no draw can differ from it.

        There the interval is the exact one of that many out of as many patients (Clopper & Pearson 1934), as if the
        scans of a patient all fell alike.
        """
        figure = self.figure(statistic)
        if figure.low is None or figure.value not in (0, 100):
            return figure
        reach = 100 * (1 - ((1 - self.level) / 2) ** (1 / self.sample.n_patients))
        return Figure(0, 0, reach) if figure.value == 0 else Figure(100, 100 - reach, 100)

    @cached_property
    def _without_one(self) -> Draws:
        return without_one_patient(self.sample)


def _bca(value: float, drawn: np.ndarray, without_one: np.ndarray, level: float) -> tuple[float, float]:
    if np.ptp(drawn) == 0:
        return value, value
    below = (np.sum(drawn < value) + np.sum(drawn == value) / 2) / len(drawn)
    shift = special.ndtri(np.clip(below, 1 / len(drawn), 1 - 1 / len(drawn)))
    influence = np.mean(without_one) - without_one
    size = np.sum(influence**2) ** 1.5
    acceleration = np.sum(influence**3) / (6 * size) if size > 0 and np.isfinite(size) else 0.0
    z = shift + special.ndtri([(1 - level) / 2, (1 + level) / 2])
    low, high = np.quantile(drawn, special.ndtr(shift + z / (1 - acceleration * z)))
    return float(low), float(high)
