import pytest

from volest.evaluation.effective_number import effective_number


def test_scans_that_agree_wholly_count_as_their_patients_and_independent_ones_each():
    assert effective_number([5, 7, 1], icc=1.0) == pytest.approx(3)
    assert effective_number([5, 7, 1], icc=0.0) == pytest.approx(13)
