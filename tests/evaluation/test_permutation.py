import numpy as np
import pytest
from scipy import stats

from volest.evaluation.permutation import group_tie, rank_tie


def test_the_rank_correlation_and_its_p_value_are_those_of_scipy(rng):
    a = rng.normal(size=40)
    b = a + rng.normal(size=40) * 2
    rho, p = rank_tie(a, b, 20_000, rng)
    known = stats.spearmanr(a, b)
    assert rho == pytest.approx(known.statistic)
    assert p == pytest.approx(known.pvalue, rel=0.2)


def test_the_p_value_of_groups_is_that_of_kruskal_and_wallis(rng):
    values, group = rng.normal(size=60), np.repeat(["A", "B", "C"], 20)
    values[group == "C"] += 0.7
    share, p = group_tie(values, group, 20_000, rng)
    known = stats.kruskal(*(values[group == g] for g in "ABC"))
    assert share == pytest.approx(known.statistic / 59)  # H is (n - 1) times the share
    assert p == pytest.approx(known.pvalue, rel=0.3)


def test_no_permutation_makes_a_p_value_of_zero(rng):
    _, p = rank_tie(np.arange(30.0), np.arange(30.0), 99, rng)
    assert p == pytest.approx(0.01)


def test_what_does_not_vary_goes_with_nothing(rng):
    assert rank_tie(np.ones(9), np.arange(9.0), 99, rng) == (0.0, 1.0)
    assert group_tie(np.ones(9), ["A", "B", "C"] * 3, 99, rng) == (0.0, 1.0)


def test_chance_speaks_as_rarely_as_it_says():
    rng = np.random.default_rng(1)
    p = [rank_tie(rng.normal(size=20), rng.normal(size=20), 999, rng)[1] for _ in range(300)]
    assert np.mean(np.array(p) < 0.1) == pytest.approx(0.1, abs=0.05)
