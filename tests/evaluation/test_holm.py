import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from volest.evaluation.holm import holm


def test_the_correction_gives_the_worked_example_of_its_rule():
    """0.01 * 4, then max(0.04, 0.02 * 3), then max(0.06, 0.03 * 2), then max(0.06, 0.04 * 1)."""
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])


def test_no_test_needs_no_correction():
    assert holm([]) == []


@pytest.mark.parametrize("n", [1, 2, 3, 8])
def test_the_correction_is_that_of_statsmodels(n):
    p = np.random.default_rng(n).uniform(0, 0.2, n)
    assert holm(list(p)) == pytest.approx(multipletests(p, method="holm")[1])
    assert holm([0.03] * n) == pytest.approx(multipletests([0.03] * n, method="holm")[1])
