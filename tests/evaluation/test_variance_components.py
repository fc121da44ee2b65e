import numpy as np
import pytest

from volest.evaluation.variance_components import variance_components


def test_variances_are_those_that_were_drawn(rng):
    patients = np.repeat(np.arange(3000), rng.integers(2, 7, size=3000))
    parts = variance_components(50 + rng.normal(0, 10, 3000)[patients] + rng.normal(0, 3, len(patients)), patients)
    assert np.sqrt(parts.between) == pytest.approx(10, rel=0.05)
    assert np.sqrt(parts.within) == pytest.approx(3, rel=0.05)


def test_icc1_of_the_published_table():
    """Shrout and Fleiss (1979), table 2: six targets, four judges, ICC(1,1) = .17."""
    ratings = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)
    parts = variance_components(ratings.ravel(), np.repeat(np.arange(6), 4))
    assert parts.between / (parts.between + parts.within) == pytest.approx(0.17, abs=0.005)
