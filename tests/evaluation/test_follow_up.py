import math
from dataclasses import replace

import numpy as np
import pytest

from volest.evaluation.follow_up import followed, grown_ml
from volest.records.follow_up import FollowUpModel

MODEL = FollowUpModel("relative", 0.1, 0.09, 0.02, 0.04, 0.01)


def volume_of(*told):
    found = followed(*told)
    return found and found.volume_ml


def conditional_mean(model, said_ml, earlier_ml, earlier_said_ml):
    """Of the change, given what the networks say of both scans, by the covariance of all three."""
    t, s, e = model.change_variance, model.patient_variance, model.scan_variance
    x = math.log(earlier_ml)
    seen = [math.log(said_ml) - x - model.growth - model.bias]
    covariance, with_change = np.array([[t + s + e]]), np.array([t])
    if earlier_said_ml is not None:
        seen.append(math.log(earlier_said_ml) - x - model.bias)
        covariance, with_change = np.array([[t + s + e, s], [s, s + e]]), np.array([t, 0.0])
    return math.exp(x + model.growth + with_change @ np.linalg.solve(covariance, seen))


@pytest.mark.parametrize("earlier_said_ml", [None, 38.0, 60.0])
def test_the_volume_is_the_conditional_mean_of_a_normal_law(earlier_said_ml):
    told = volume_of(MODEL, 70.0, 50.0, earlier_said_ml)
    assert told == pytest.approx(conditional_mean(MODEL, 70.0, 50.0, earlier_said_ml))


def test_of_a_volume_that_only_grows_the_network_need_not_be_asked():
    still = replace(MODEL, change_variance=0.0)
    assert volume_of(still, 60.0, 50.0, 55.0) == pytest.approx(50 * math.exp(0.1))


def test_of_a_volume_that_may_be_anything_the_known_error_alone_is_taken_off():
    wild = replace(MODEL, change_variance=1e9, scan_variance=0.0)
    assert volume_of(wild, 90.0, 50.0, 60.0) == pytest.approx(90 * 50 / 60)


def test_errors_that_scans_do_not_share_are_not_carried_over():
    single = replace(MODEL, patient_variance=0.0)
    assert volume_of(single, 70.0, 50.0, 45.0) == volume_of(single, 70.0, 50.0)


def test_in_millilitres_it_adds_where_in_logarithms_it_multiplies():
    model = FollowUpModel("absolute", 0.0, 1e9, 0.0, 25.0, 0.0)
    assert volume_of(model, 90.0, 50.0, 60.0) == pytest.approx(80)


@pytest.mark.parametrize(
    ("said_ml", "earlier_ml", "earlier_said_ml"),
    [
        (50.0, 50_000.0, None),  # mm^3
        (50.0, 50_000.0, 52.0),
        (50.0, 48.0, 9.0),  # the earlier scan of another patient
        (50.0, 0.0, None),
        (math.nan, 50.0, 50.0),
    ],
)
def test_what_cannot_be_is_not_believed(said_ml, earlier_ml, earlier_said_ml):
    assert volume_of(MODEL, said_ml, earlier_ml, earlier_said_ml) is None


@pytest.mark.parametrize("earlier_said_ml", [math.nan, 0.0, math.inf])
def test_a_network_that_says_no_number_of_the_earlier_scan_was_not_asked(earlier_said_ml):
    assert volume_of(MODEL, 50.0, 45.0, earlier_said_ml) == volume_of(MODEL, 50.0, 45.0)


def test_without_a_look_the_earlier_volume_has_grown():
    assert grown_ml(MODEL, 50.0) == pytest.approx(50 * math.exp(0.1))
    assert grown_ml(replace(MODEL, score="absolute", growth=-2.0), 50.0) == pytest.approx(48)


def test_surprise_is_the_largest_deviation_in_standard_deviations():
    assert followed(MODEL, math.exp(4.12), math.exp(4.0)).surprise == pytest.approx(0)
    of_earlier = followed(MODEL, math.exp(4.12), math.exp(4.0), math.exp(4.0 + 0.02 + 2 * math.sqrt(0.05)))
    assert of_earlier.surprise == pytest.approx(2)
    assert followed(MODEL, math.exp(4.12 + math.sqrt(0.14)), math.exp(4.0)).surprise == pytest.approx(1)
