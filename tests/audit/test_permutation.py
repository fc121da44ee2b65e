import numpy as np
import pytest
from scipy import stats

from volest.audit.permutation import PERMUTATIONS, rank_correlation, rank_difference


def test_the_correlation_is_spearmans(rng):
    a, b = rng.normal(size=30), rng.normal(size=30)
    rho, p = rank_correlation(a.tolist(), b.tolist(), rng)
    known = stats.spearmanr(a, b)
    assert rho == pytest.approx(known.statistic)
    assert p == pytest.approx(known.pvalue, abs=0.02)


def test_groups_that_differ_are_told_as_kruskal_and_wallis_do(rng):
    groups = ["A"] * 12 + ["B"] * 12
    values = rng.normal(size=24) + np.repeat([0.0, 0.7], 12)
    share, p = rank_difference(values.tolist(), groups, rng)
    known = stats.kruskal(values[:12], values[12:])
    assert share * 23 == pytest.approx(known.statistic)
    assert p == pytest.approx(known.pvalue, abs=0.02)


def test_a_p_value_is_never_zero(rng):
    values = list(map(float, range(40)))
    assert rank_correlation(values, values, rng) == (pytest.approx(1), 1 / (PERMUTATIONS + 1))


def test_a_column_that_does_not_vary_goes_with_nothing(rng):
    assert rank_correlation([1.0] * 9, list(map(float, range(9))), rng) == (0.0, 1.0)


def test_chance_speaks_as_rarely_as_it_says():
    rng = np.random.default_rng(1)
    p = [rank_correlation(rng.normal(size=20).tolist(), rng.normal(size=20).tolist(), rng)[1] for _ in range(100)]
    assert np.mean(np.array(p) < 0.1) == pytest.approx(0.1, abs=0.08)
