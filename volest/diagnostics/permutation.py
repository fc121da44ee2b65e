"""How often chance alone does as much: permutations, and Holm's correction where there are several tests.

Phipson and Smyth (2010, eq. 2): the p-value of B permutations is (b + 1) / (B + 1), never zero. Holm (1979).
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from scipy import stats

Values = Float[np.ndarray, " n"]
Permuted = Float[np.ndarray, "permutation n"]


def permuted(values: Values, count: int, rng: np.random.Generator) -> Permuted:
    """The values in `count` random orders."""
    return rng.permuted(np.tile(values, (count, 1)), axis=1)


def p_of(observed: float, drawn: Float[np.ndarray, " permutation"]) -> float:
    """Share of permutations, the observation among them, with a statistic as large."""
    return float((np.sum(drawn >= observed - 1e-12) + 1) / (len(drawn) + 1))


def standard_ranks(values: Values) -> Values:
    """Ranks with mean 0 and length 1; zeros where the values do not vary."""
    ranks = stats.rankdata(np.round(values, 9))
    centred = ranks - ranks.mean()
    return centred / max(float(np.linalg.norm(centred)), 1e-12)


def rank_tie(a: Values, b: Values, count: int, rng: np.random.Generator) -> tuple[float, float]:
    """Spearman's correlation and its two-sided p-value."""
    first, second = standard_ranks(a), standard_ranks(b)
    rho = float(first @ second)
    return rho, p_of(abs(rho), np.abs(permuted(first, count, rng) @ second))


def group_tie(
    values: Values, group: Int[np.ndarray, " n"], count: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Share of the variance of ranks between groups, after Kruskal and Wallis (1952), and its p-value."""
    ranks = standard_ranks(values)
    belongs = np.eye(int(group.max()) + 1)[group]
    means = belongs / np.sqrt(belongs.sum(axis=0))
    share = float(np.square(ranks @ means).sum())
    return share, p_of(share, np.square(permuted(ranks, count, rng) @ means).sum(axis=1))


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for their number, in the same order."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    corrected, largest = [1.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = largest
    return corrected
