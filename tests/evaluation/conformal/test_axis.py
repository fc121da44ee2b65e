import numpy as np
import pytest

from volest.evaluation.conformal.axis import deviations, doubt_on_axis, place, volume_ml


@pytest.mark.parametrize("score", ["absolute", "relative"])
def test_there_and_back_is_the_same_volume(score):
    volumes_ml = np.array([0.01, 1.0, 250.0])
    assert [volume_ml(float(p), score) for p in place(volumes_ml, score)] == pytest.approx(volumes_ml)


def test_relative_errors_know_no_unit():
    predicted, reference = np.array([50.0, 80.0]), np.array([60.0, 70.0])
    assert deviations(1000 * predicted, 1000 * reference, "relative") == pytest.approx(
        deviations(predicted, reference, "relative")
    )


def test_absolute_errors_are_in_millilitres():
    assert deviations(np.array([50.0, 80.0]), np.array([60.0, 70.0]), "absolute") == pytest.approx([10, 10])


def test_a_doubt_of_a_tenth_of_the_volume_is_so_many_millilitres_or_so_much_of_a_logarithm():
    assert doubt_on_axis(0.1, 50.0, "absolute") == pytest.approx(5.0)
    assert doubt_on_axis(0.1, 50.0, "relative") == pytest.approx(0.1)
    assert doubt_on_axis(0.1, np.nan, "absolute") == 0


def test_no_volume_is_below_zero():
    assert volume_ml(-3.0, "absolute") == 0


@pytest.mark.parametrize("predicted_ml", [np.nan, np.inf, 0.0, -5.0])
def test_no_usable_number_is_an_error_without_bound(predicted_ml):
    assert deviations(np.array([predicted_ml]), np.array([60.0]), "relative") == np.inf
