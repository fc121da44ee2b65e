"""How closely predictions go with references, in each draw of patients."""

import numpy as np
from jaxtyping import Float

from volest.evaluation.draws import Draws, PerDraw, ratio
from volest.evaluation.sample import PerScan


def r2(draws: Draws) -> PerDraw:
    """Coefficient of determination, 1 - SS(residual) / SS(about the mean of these references)."""
    return 1 - ratio(draws.average(draws.sample.error_ml**2), draws.variance(draws.sample.reference_ml))


def pearson_r(draws: Draws) -> PerDraw:
    """Pearson's correlation; NaN where either side does not vary."""
    predicted_ml, reference_ml = draws.sample.predicted_ml, draws.sample.reference_ml
    spread = np.sqrt(draws.variance(predicted_ml) * draws.variance(reference_ml))
    return ratio(draws.covariance(predicted_ml, reference_ml), spread)


def spearman_rho(draws: Draws) -> PerDraw:
    """Spearman's correlation: Pearson's of the ranks, ties sharing the middle of theirs."""
    one = _ranks(draws.sample.predicted_ml, draws)
    other = _ranks(draws.sample.reference_ml, draws)
    return ratio(_moment(one, other, draws), np.sqrt(_moment(one, one, draws) * _moment(other, other, draws)))


def kendall_tau(draws: Draws) -> PerDraw:
    """Kendall's tau-b: pairs in one order less pairs in the other, over those that are tied on neither side."""
    one, other = (
        np.sign(np.subtract.outer(values, values)) for values in (draws.sample.predicted_ml, draws.sample.reference_ml)
    )

    def pairs(product: Float[np.ndarray, "scan scan"]) -> PerDraw:
        return np.einsum("ds,st,dt->d", draws.weights, product, draws.weights, optimize=True)

    return ratio(pairs(one * other), np.sqrt(pairs(one**2) * pairs(other**2)))


def concordance(draws: Draws) -> PerDraw:
    """Lin's concordance correlation coefficient (Lin 1989, Biometrics 45:255, with 1/n in all moments).

    2 cov / (var + var + bias^2): 1 for predictions that equal their references, Pearson's r times what bias and
    unequal spread take away else; NaN where neither side varies.
    """
    predicted_ml, reference_ml = draws.sample.predicted_ml, draws.sample.reference_ml
    spread = draws.variance(predicted_ml) + draws.variance(reference_ml)
    disagreement = spread + draws.average(draws.sample.error_ml) ** 2
    covariance = draws.covariance(predicted_ml, reference_ml)
    return np.where(spread > 0, ratio(2 * covariance, disagreement), np.nan)


def _ranks(values: PerScan, draws: Draws) -> Float[np.ndarray, "draw scan"]:
    """Ranks in each draw, less their mean."""
    _, place = np.unique(values, return_inverse=True)
    order = np.argsort(place, kind="stable")
    first_of_ties = np.flatnonzero(np.diff(place[order], prepend=-1))
    held = np.add.reduceat(draws.weights[:, order], first_of_ties, axis=1)
    middle = np.cumsum(held, axis=1) - held / 2
    return (middle - draws.n_scans[:, None] / 2)[:, place]


def _moment(one: np.ndarray, other: np.ndarray, draws: Draws) -> PerDraw:
    return np.einsum("ds,ds,ds->d", draws.weights, one, other)
