"""How large the errors are, in each draw of patients."""

import numpy as np

from volest.evaluation.draws import Draws, PerDraw
from volest.evaluation.sample import PerScan


def mean_absolute_error(draws: Draws) -> PerDraw:
    """Mean of |predicted - reference|, in mL."""
    return draws.average(np.abs(draws.sample.error_ml))


def root_mean_square_error(draws: Draws) -> PerDraw:
    """Square root of the mean of (predicted - reference)^2, in mL."""
    return np.sqrt(draws.average(draws.sample.error_ml**2))


def mean_absolute_percentage_error(draws: Draws) -> PerDraw:
    """Mean of |predicted - reference| / reference, in per cent; NaN where a reference is not above zero."""
    return draws.average(np.abs(draws.sample.error_percent))


def median_absolute_percentage_error(draws: Draws) -> PerDraw:
    """Median of |predicted - reference| / reference, in per cent; NaN where a reference is not above zero."""
    return _median(np.abs(draws.sample.error_percent), draws)


def share_within(percent: float, draws: Draws) -> PerDraw:
    """Per cent of the scans whose error is at most `percent` of the reference; NaN where that is not above zero."""
    error_percent = np.abs(draws.sample.error_percent)
    # 11 against 10 mL is an error of 10%, whatever the last bit of the quotient.
    within = np.where(np.isnan(error_percent), np.nan, error_percent <= percent * (1 + 1e-9))
    return 100 * draws.average(within)


def mean_error(draws: Draws) -> PerDraw:
    """Bias: mean of predicted minus reference, in mL."""
    return draws.average(draws.sample.error_ml)


def _median(values: PerScan, draws: Draws) -> PerDraw:
    if np.isnan(values).any():
        return np.full(len(draws.counts), np.nan)
    order = np.argsort(values)
    held = np.cumsum(draws.weights[:, order], axis=1)
    middle = [(held < rank[:, None]).sum(axis=1) for rank in (np.ceil(held[:, -1] / 2), held[:, -1] // 2 + 1)]
    return (values[order][middle[0]] + values[order][middle[1]]) / 2
