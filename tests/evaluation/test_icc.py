import warnings

import numpy as np
import pandas as pd
import pingouin
import pytest

from volest.evaluation.icc import intraclass_correlations

# Shrout & Fleiss 1979, Psychological Bulletin 86:420, table 2: six targets, four judges.
TABLE_2 = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float)


def pingouin_icc(ratings):
    """Rows (1,1), (2,1), (3,1): value, low, high; the bounds are rounded to two digits."""
    n, k = ratings.shape
    table = pd.DataFrame(
        {"target": np.repeat(range(n), k), "rater": np.tile(range(k), n), "rating": ratings.ravel()},
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations of pandas 3 inside pingouin 0.7
        rows = pingouin.intraclass_corr(table, "target", "rater", "rating").iloc[:3]
    return [(value, *bounds) for value, bounds in zip(rows["ICC"], rows["CI95"], strict=True)]


def figures(ratings):
    iccs = intraclass_correlations(ratings)
    return [(figure.value, figure.low, figure.high) for figure in (iccs.one_way, iccs.agreement, iccs.consistency)]


def test_the_table_of_shrout_and_fleiss_gives_their_correlations():
    assert [round(value, 2) for value, _, _ in figures(TABLE_2)] == [0.17, 0.29, 0.71]  # their table 4


def test_the_interval_of_agreement_is_that_of_the_paper():
    _, low, high = figures(TABLE_2)[1]
    assert (round(low, 2), round(high, 2)) == (0.02, 0.76)


@pytest.mark.parametrize(("n", "k"), [(6, 4), (30, 2), (12, 3)])
def test_values_and_intervals_are_those_of_pingouin(n, k):
    rng = np.random.default_rng(n)
    ratings = TABLE_2 if (n, k) == (6, 4) else rng.normal(50, 9, (n, 1)) + rng.normal(0, 5, (n, k)) + np.arange(k)
    for ours, theirs in zip(figures(ratings), pingouin_icc(ratings), strict=True):
        assert ours[0] == pytest.approx(theirs[0])
        assert ours[1:] == pytest.approx(theirs[1:], abs=0.0051)


def test_raters_who_agree_wholly_have_a_correlation_of_one():
    ratings = np.repeat([[10.0], [20.0], [35.0]], 2, axis=1)
    assert all(value == pytest.approx(1) for value, _, _ in figures(ratings))


def test_a_shift_of_one_rater_lowers_agreement_but_not_consistency():
    rng = np.random.default_rng(3)
    ratings = rng.normal(50, 10, (40, 1)) + rng.normal(0, 2, (40, 2))
    before, after = intraclass_correlations(ratings), intraclass_correlations(ratings + np.array([0, 15]))
    assert after.consistency.value == pytest.approx(before.consistency.value)
    assert after.agreement.value < before.agreement.value - 0.1


@pytest.mark.parametrize("ratings", [np.ones((1, 2)), np.ones((3, 1)), np.full((4, 2), 7.0)])
def test_too_few_or_equal_ratings_have_no_correlation(ratings):
    assert figures(ratings) == [(None, None, None)] * 3
