"""How often chance alone does as much: permutations of patients, or of whatever counts once.

Phipson and Smyth (2010, eq. 2): the p-value of B permutations is (b + 1) / (B + 1), never zero.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Shaped
from scipy import stats

PERMUTATIONS = 9999
"""Of a test, where nothing asks for more."""

Values = Float[np.ndarray, " n"]
Permuted = Float[np.ndarray, "permutation n"]
Groups = Sequence[str] | Shaped[np.ndarray, " n"]


def permuted(values: Values, count: int, rng: np.random.Generator) -> Permuted:
    """The values in `count` random orders."""
    return rng.permuted(np.tile(values, (count, 1)), axis=1)


def p_of(observed: float, drawn: Float[np.ndarray, " permutation"]) -> float:
    """Share of permutations, the observation among them, with a statistic as large."""
    return float((np.sum(drawn >= observed - 1e-12) + 1) / (len(drawn) + 1))


def rank_tie(a: Values, b: Values, count: int, rng: np.random.Generator) -> tuple[float, float]:
    """Spearman's correlation and its two-sided p-value; 0 and 1 where one side does not vary."""
    first, second = _standard_ranks(a), _standard_ranks(b)
    rho = float(first @ second)
    return rho, p_of(abs(rho), np.abs(permuted(first, count, rng) @ second))


def group_tie(values: Values, groups: Groups, count: int, rng: np.random.Generator) -> tuple[float, float]:
    """Share of the variance of ranks between groups, after Kruskal and Wallis (1952), and its p-value.

    0 and 1 where the values do not vary.
    """
    ranks = _standard_ranks(values)
    names, group_of = np.unique(groups, return_inverse=True)
    belongs = np.eye(len(names))[group_of]
    means = belongs / np.sqrt(belongs.sum(axis=0))
    share = float(np.square(ranks @ means).sum())
    return share, p_of(share, np.square(permuted(ranks, count, rng) @ means).sum(axis=1))


def _standard_ranks(values: Values) -> Values:
    """Ranks with mean 0 and length 1; zeros where the values do not vary."""
    ranks = stats.rankdata(np.round(values, 9))
    centred = ranks - ranks.mean()
    return centred / max(float(np.linalg.norm(centred)), 1e-12)
