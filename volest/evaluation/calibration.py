"""Whether predictions are too bold or too timid, in each draw of patients."""

import numpy as np

from volest.evaluation.draws import Draws, PerDraw, ratio


def slope(draws: Draws) -> PerDraw:
    """Slope of the regression of reference on prediction; NaN where predictions do not vary.

    1 when a prediction of 10 mL more goes with 10 mL more on average; below 1 when predictions exaggerate, as those
    of a network that memorises.
    """
    predicted_ml, reference_ml = draws.sample.predicted_ml, draws.sample.reference_ml
    return ratio(draws.covariance(predicted_ml, reference_ml), draws.variance(predicted_ml))


def intercept(draws: Draws) -> PerDraw:
    """Intercept of that regression, in mL."""
    return draws.average(draws.sample.reference_ml) - slope(draws) * draws.average(draws.sample.predicted_ml)


def spread_ratio(draws: Draws) -> PerDraw:
    """SD of predictions over SD of references; near 0 when all are predicted alike, NaN where references are."""
    return np.sqrt(ratio(draws.variance(draws.sample.predicted_ml), draws.variance(draws.sample.reference_ml)))
