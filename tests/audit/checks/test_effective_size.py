import numpy as np
import pytest

from volest.audit.checks.effective_size import effective_number, variance_components


def test_variances_are_those_that_were_drawn(rng):
    groups = [rng.normal(50 + shift, 3, size=4) for shift in rng.normal(0, 10, size=3000)]
    between_ml2, within_ml2 = variance_components(groups)
    assert np.sqrt(between_ml2) == pytest.approx(10, rel=0.05)
    assert np.sqrt(within_ml2) == pytest.approx(3, rel=0.05)


def test_icc1_of_the_published_table():
    """Shrout and Fleiss (1979), table 2: six targets, four judges, ICC(1,1) = .17."""
    ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    between_ml2, within_ml2 = variance_components([np.array(row, dtype=float) for row in ratings])
    assert between_ml2 / (between_ml2 + within_ml2) == pytest.approx(0.17, abs=0.005)


def test_scans_that_agree_wholly_count_as_their_patients():
    assert effective_number([5, 7, 1], icc=1.0) == pytest.approx(3)
    assert effective_number([5, 7, 1], icc=0.0) == pytest.approx(13)
