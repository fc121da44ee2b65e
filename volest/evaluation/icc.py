"""Intraclass correlations of single ratings (Shrout & Fleiss 1979, Psychological Bulletin 86:420)."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import stats

from volest.evaluation.draws import Draws, PerDraw, ratio
from volest.records.evaluation import Figure


@dataclass(frozen=True)
class MeanSquares:
    """Two-way analysis of variance of targets rated by the same raters, in each draw.

    Attributes:
        targets: between targets (BMS).
        within: within targets (WMS).
        raters: between raters (JMS).
        error: what targets and raters leave (EMS).
        n: targets.
        k: raters.
    """

    targets: PerDraw
    within: PerDraw
    raters: PerDraw
    error: PerDraw
    n: PerDraw
    k: int


@dataclass(frozen=True)
class IntraclassCorrelations:
    """The three of single ratings, with intervals.

    Attributes:
        one_way: (1,1), each target rated by other raters.
        agreement: (2,1), raters drawn at random: differences between their means count.
        consistency: (3,1), these raters alone: differences between their means do not count.
    """

    one_way: Figure
    agreement: Figure
    consistency: Figure


def icc_1_1(squares: MeanSquares) -> PerDraw:
    """(BMS - WMS) / (BMS + (k-1) WMS)."""
    return ratio(squares.targets - squares.within, squares.targets + (squares.k - 1) * squares.within)


def icc_2_1(squares: MeanSquares) -> PerDraw:
    """(BMS - EMS) / (BMS + (k-1) EMS + k (JMS - EMS) / n)."""
    between_raters = squares.k * (squares.raters - squares.error) / squares.n
    return ratio(squares.targets - squares.error, squares.targets + (squares.k - 1) * squares.error + between_raters)


def icc_3_1(squares: MeanSquares) -> PerDraw:
    """(BMS - EMS) / (BMS + (k-1) EMS)."""
    return ratio(squares.targets - squares.error, squares.targets + (squares.k - 1) * squares.error)


def mean_squares_of_draws(draws: Draws) -> MeanSquares:
    """Scans as targets, prediction and reference as the two raters."""
    sample, n = draws.sample, draws.n_scans
    scan_mean_ml = (sample.predicted_ml + sample.reference_ml) / 2
    freedom = np.where(n > 1, n - 1, np.nan)
    return MeanSquares(
        targets=2 * n * draws.variance(scan_mean_ml) / freedom,
        within=draws.average(sample.error_ml**2) / 2,
        raters=n * draws.average(sample.error_ml) ** 2 / 2,
        error=n * draws.variance(sample.error_ml) / 2 / freedom,
        n=n,
        k=2,
    )


def intraclass_correlations(ratings: Float[np.ndarray, "target rater"], level: float = 0.95) -> IntraclassCorrelations:
    """All three with the paper's intervals from the F distribution; they suppose independent targets.

    Figures are empty with fewer than two targets or raters, or where no rating differs from another.
    """
    n, k = ratings.shape
    if n < 2 or k < 2:
        nothing = Figure(None, None, None)
        return IntraclassCorrelations(nothing, nothing, nothing)
    squares = _mean_squares(ratings)
    tail = (1 - level) / 2
    values = (float(icc(squares)[0]) for icc in (icc_1_1, icc_2_1, icc_3_1))
    bounds = (
        _bounds_by_f(squares.targets, squares.within, (n - 1, n * (k - 1)), k, tail),
        _bounds_2_1(squares, tail),
        _bounds_by_f(squares.targets, squares.error, (n - 1, (n - 1) * (k - 1)), k, tail),
    )
    figures = (Figure.of(value, *limits) for value, limits in zip(values, bounds, strict=True))
    return IntraclassCorrelations(*figures)


def _mean_squares(ratings: Float[np.ndarray, "target rater"]) -> MeanSquares:
    n, k = ratings.shape
    mean = ratings.mean()
    target_means, rater_means = ratings.mean(axis=1, keepdims=True), ratings.mean(axis=0, keepdims=True)
    residual = ratings - target_means - rater_means + mean
    return MeanSquares(
        targets=np.array([k * np.square(target_means - mean).sum() / (n - 1)]),
        within=np.array([np.square(ratings - target_means).sum() / (n * (k - 1))]),
        raters=np.array([n * np.square(rater_means - mean).sum() / (k - 1)]),
        error=np.array([np.square(residual).sum() / ((n - 1) * (k - 1))]),
        n=np.array([float(n)]),
        k=k,
    )


def _bounds_by_f(targets: PerDraw, rest: PerDraw, freedom: tuple[int, int], k: int, tail: float) -> tuple[float, float]:
    """Of (1,1) and (3,1): F / F_tail bounded below and above, then (F - 1) / (F + k - 1)."""
    f = float(ratio(targets, rest)[0])
    low, high = f / stats.f.isf(tail, *freedom), f * stats.f.isf(tail, *freedom[::-1])
    return (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)


def _bounds_2_1(squares: MeanSquares, tail: float) -> tuple[float, float]:
    """Of (2,1), with Satterthwaite's degrees of freedom (the paper's page 424)."""
    n, k = float(squares.n[0]), squares.k
    b, j, e = float(squares.targets[0]), float(squares.raters[0]), float(squares.error[0])
    rho, f_raters = float(icc_2_1(squares)[0]), j / e if e > 0 else np.nan
    if not np.isfinite([rho, f_raters]).all():
        return np.nan, np.nan
    rest = n * (1 + (k - 1) * rho) - k * rho
    freedom = (k - 1) * (n - 1) * (k * rho * f_raters + rest) ** 2
    freedom /= (n - 1) * (k * rho * f_raters) ** 2 + rest**2
    above, below = stats.f.isf(tail, n - 1, freedom), stats.f.isf(tail, freedom, n - 1)
    low = n * (b - above * e) / (above * (k * j + (k * n - k - n) * e) + n * b)
    high = n * (below * b - e) / (k * j + (k * n - k - n) * e + n * below * b)
    return low, high
