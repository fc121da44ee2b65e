import numpy as np
import pytest
from scipy import stats

from volest.diagnostics.permutation import group_tie, holm, rank_tie


def test_the_rank_correlation_and_its_p_value_are_those_of_scipy(rng):
    a = rng.normal(size=40)
    b = a + rng.normal(size=40) * 2
    rho, p = rank_tie(a, b, 20_000, rng)
    known = stats.spearmanr(a, b)
    assert rho == pytest.approx(known.statistic)
    assert p == pytest.approx(known.pvalue, rel=0.2)


def test_the_p_value_of_groups_is_that_of_kruskal_and_wallis(rng):
    values, group = rng.normal(size=60), np.repeat([0, 1, 2], 20)
    values[group == 2] += 0.7
    share, p = group_tie(values, group, 20_000, rng)
    known = stats.kruskal(*(values[group == g] for g in range(3)))
    assert share == pytest.approx(known.statistic / 59)  # H is (n - 1) times the share
    assert p == pytest.approx(known.pvalue, rel=0.3)


def test_holm_s_correction_gives_the_worked_example_of_his_rule():
    """0.01 * 4, then max(0.04, 0.02 * 3), then max(0.06, 0.03 * 2), then max(0.06, 0.04 * 1)."""
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])


def test_no_permutation_makes_a_p_value_of_zero(rng):
    _, p = rank_tie(np.arange(30.0), np.arange(30.0), 99, rng)
    assert p == pytest.approx(0.01)
