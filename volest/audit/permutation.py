"""How often chance alone ties two columns as closely: permutation tests over patients.

Phipson and Smyth (2010, eq. 2): the p-value of B permutations is (b + 1) / (B + 1), never zero.
"""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float
from scipy import stats

PERMUTATIONS = 9999

Ranks = Float[np.ndarray, " n"]


def rank_correlation(a: Sequence[float], b: Sequence[float], rng: np.random.Generator) -> tuple[float, float]:
    """Spearman's correlation and its two-sided p-value; (0, 1) where one side does not vary."""
    first, second = _standard_ranks(a), _standard_ranks(b)
    if not (first.any() and second.any()):
        return 0.0, 1.0
    return _tested(first, lambda ranks: abs(ranks @ second), float(first @ second), rng)


def rank_difference(values: Sequence[float], groups: Sequence[str], rng: np.random.Generator) -> tuple[float, float]:
    """Share of the ranks' variance that lies between groups, after Kruskal and Wallis (1952), and its p-value."""
    ranks = _standard_ranks(values)
    names, group_of = np.unique(groups, return_inverse=True)
    if not ranks.any() or len(names) < 2:
        return 0.0, 1.0
    belongs = np.eye(len(names))[group_of]
    means = belongs / np.sqrt(belongs.sum(axis=0))
    return _tested(ranks, lambda drawn: ((drawn @ means) ** 2).sum(axis=-1), None, rng)


def _tested(ranks: Ranks, statistic: Callable, told: float | None, rng: np.random.Generator) -> tuple[float, float]:
    observed = float(statistic(ranks))
    drawn = rng.permuted(np.tile(ranks, (PERMUTATIONS, 1)), axis=1)
    as_close = int((statistic(drawn) >= observed - 1e-9).sum())
    return observed if told is None else told, (as_close + 1) / (PERMUTATIONS + 1)


def _standard_ranks(values: Sequence[float]) -> Ranks:
    """Ranks with mean 0 and length 1; zeros where the values do not vary."""
    ranks = stats.rankdata(np.round(np.asarray(values, dtype=float), 9))
    centred = ranks - ranks.mean()
    return centred / max(float(np.linalg.norm(centred)), 1e-12)
