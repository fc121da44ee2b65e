import math
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from volest.config.intervals import IntervalsConfig
from volest.evaluation.conformal.interval import interval_of
from volest.evaluation.follow_up import FEWEST_PATIENTS, followed_ml, held_out_follow_ups
from volest.records.follow_up import FollowUpModel
from volest.records.predictions import Prediction

MODEL = FollowUpModel("relative", 0.1, 0.09, 0.02, 0.04, 0.01)


def study(rng, patients=40, visits=3, change=0.3, growth=0.0, shared=0.15, single=0.05, folds=5):
    """Log volumes that walk, seen by networks with an error of the patient and one of the scan."""
    rows = []
    for patient in range(patients):
        volume, error = rng.normal(4, 0.5), rng.normal(0.02, shared)
        for visit in range(visits):
            said = volume + error + rng.normal(0, single)
            name = f"p{patient}v{visit}"
            rows.append(Prediction(name, f"p{patient}", patient % folds, math.exp(said), math.exp(volume)))
            volume += rng.normal(growth, change)
    return rows


def days_of(rows):
    return {p.scan_id: date(2020, 1, 1) + timedelta(int(p.scan_id[-1])) for p in rows}


def follow_ups(rows, days=None, score="relative", **settings):
    return held_out_follow_ups(rows, days or {}, IntervalsConfig(**settings), score)


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
    told = followed_ml(MODEL, 70.0, 50.0, earlier_said_ml)
    assert told == pytest.approx(conditional_mean(MODEL, 70.0, 50.0, earlier_said_ml))


def test_of_a_volume_that_only_grows_the_network_need_not_be_asked():
    still = replace(MODEL, change_variance=0.0)
    assert followed_ml(still, 60.0, 50.0, 55.0) == pytest.approx(50 * math.exp(0.1))


def test_of_a_volume_that_may_be_anything_the_known_error_alone_is_taken_off():
    wild = replace(MODEL, change_variance=1e9, scan_variance=0.0)
    assert followed_ml(wild, 90.0, 50.0, 60.0) == pytest.approx(90 * 50 / 60)


def test_errors_that_scans_do_not_share_are_not_carried_over():
    single = replace(MODEL, patient_variance=0.0)
    assert followed_ml(single, 70.0, 50.0, 45.0) == followed_ml(single, 70.0, 50.0)


def test_in_millilitres_it_adds_where_in_logarithms_it_multiplies():
    model = FollowUpModel("absolute", 0.0, 1e9, 0.0, 25.0, 0.0)
    assert followed_ml(model, 90.0, 50.0, 60.0) == pytest.approx(80)


@pytest.mark.parametrize(
    ("said_ml", "earlier_ml", "earlier_said_ml"),
    [
        (50.0, 50_000.0, None),  # mm^3
        (50.0, 50_000.0, 52.0),
        (50.0, 48.0, 9.0),  # the earlier scan of another patient
        (50.0, 0.0, None),
        (math.nan, 50.0, 50.0),
        (50.0, 50.0, math.nan),
    ],
)
def test_what_cannot_be_is_not_believed(said_ml, earlier_ml, earlier_said_ml):
    assert followed_ml(MODEL, said_ml, earlier_ml, earlier_said_ml) is None


def test_the_parts_of_error_and_change_are_found_again(rng):
    rows = study(rng, patients=700, growth=0.05)
    model = follow_ups(rows, days_of(rows)).record.model
    assert model.growth == pytest.approx(0.05, abs=0.02)
    assert model.change_variance == pytest.approx(0.09, rel=0.1)
    assert model.bias == pytest.approx(0.02, abs=0.02)
    assert model.patient_variance == pytest.approx(0.0225, rel=0.15)
    assert model.scan_variance == pytest.approx(0.0025, rel=0.1)


@pytest.mark.parametrize("change", [0.02, 0.1, 0.4])
def test_told_of_an_earlier_volume_it_errs_less_than_either_alone(rng, change):
    record = follow_ups(study(rng, patients=200, change=change)).record
    assert record.mae_ml < min(record.alone_mae_ml, record.previous_mae_ml)


def test_patients_of_a_fold_are_judged_by_the_other_folds(rng):
    rows = study(rng)
    spoilt = [replace(p, predicted_ml=5 * p.predicted_ml) if p.patient_id == "p5" else p for p in rows]
    told, again = ({p.scan_id: p.predicted_ml for p in follow_ups(r).told} for r in (rows, spoilt))
    assert told["p0v1"] == again["p0v1"]  # p0 and p5 are held out by the same fold
    assert told["p1v1"] != again["p1v1"]


def test_the_order_of_dated_rows_does_not_matter(rng):
    rows = study(rng)
    shuffled = [rows[n] for n in rng.permutation(len(rows))]
    told, again = ({p.scan_id: p.predicted_ml for p in follow_ups(r, days_of(rows)).told} for r in (rows, shuffled))
    assert told == pytest.approx(again)


def test_a_scan_follows_no_other_of_its_day(rng):
    rows = study(rng, visits=2)
    same = dict.fromkeys([p.scan_id for p in rows if p.patient_id == "p0"], date(2020, 1, 1))
    assert not any(p.patient_id == "p0" for p in follow_ups(rows, days_of(rows) | same).told)


def test_without_days_scans_follow_in_the_order_of_the_table_and_nothing_grows(rng):
    rows = study(rng, growth=0.2)
    found = follow_ups(rows)
    assert found.record.model.growth == 0
    assert {p.scan_id[-1] for p in found.told} == {"1", "2"}


def test_few_patients_with_several_scans_tell_nothing(rng):
    assert follow_ups(study(rng, patients=60, visits=1)) is None
    assert follow_ups(study(rng, patients=FEWEST_PATIENTS)) is None  # each fold has four others
    assert follow_ups(study(rng, patients=2 * FEWEST_PATIENTS)) is not None


def test_a_network_that_says_no_number_has_an_error_without_bound(rng):
    rows = study(rng)
    rows[1] = replace(rows[1], predicted_ml=math.nan)
    calibration = follow_ups(rows).record.calibration
    assert np.isinf(calibration.deviations).sum() == 1  # the scan after it has still its earlier volume


def test_intervals_of_follow_ups_hold_as_often_as_they_say(rng):
    held = []
    for _ in range(30):
        record = follow_ups(study(rng, patients=30)).record
        visits = study(rng, patients=20, visits=2)
        for before, new in zip(visits[::2], visits[1::2], strict=True):
            told_ml = followed_ml(record.model, new.predicted_ml, before.reference_ml, before.predicted_ml)
            told_ml = told_ml or new.predicted_ml
            interval = interval_of(record.calibration, told_ml, dict.fromkeys(range(5), told_ml), 0.8)
            held.append(interval.low_ml <= new.reference_ml <= interval.high_ml)
    assert np.mean(held) == pytest.approx(0.8, abs=0.04)
