import math
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from volest.config.intervals import IntervalsConfig
from volest.evaluation.conformal.interval import interval_of
from volest.evaluation.follow_up import followed
from volest.evaluation.held_out_follow_ups import FEWEST_PATIENTS, held_out_follow_ups
from volest.records.predictions import Prediction


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
    told, again = ({p.scan_id: p.predicted_ml for p in follow_ups(r).scans.told} for r in (rows, spoilt))
    assert told["p0v1"] == again["p0v1"]  # p0 and p5 are held out by the same fold
    assert told["p1v1"] != again["p1v1"]


def test_the_order_of_dated_rows_does_not_matter(rng):
    rows = study(rng)
    shuffled = [rows[n] for n in rng.permutation(len(rows))]
    told, again = (
        {p.scan_id: p.predicted_ml for p in follow_ups(r, days_of(rows)).scans.told} for r in (rows, shuffled)
    )
    assert told == pytest.approx(again)


def test_a_scan_follows_no_other_of_its_day(rng):
    rows = study(rng, visits=2)
    same = dict.fromkeys([p.scan_id for p in rows if p.patient_id == "p0"], date(2020, 1, 1))
    assert not any(p.patient_id == "p0" for p in follow_ups(rows, days_of(rows) | same).scans.told)


def test_without_days_scans_follow_in_the_order_of_the_table_and_nothing_grows(rng):
    rows = study(rng, growth=0.2)
    found = follow_ups(rows)
    assert found.record.model.growth == 0
    assert {p.scan_id[-1] for p in found.scans.told} == {"1", "2"}


def test_few_patients_with_several_scans_tell_nothing(rng):
    assert follow_ups(study(rng, patients=60, visits=1)) is None
    assert follow_ups(study(rng, patients=FEWEST_PATIENTS)) is None  # each fold has four others
    assert follow_ups(study(rng, patients=2 * FEWEST_PATIENTS)) is not None


def test_a_scan_without_a_usable_number_follows_none_and_is_followed_by_none(rng):
    rows = study(rng)
    rows[1] = replace(rows[1], predicted_ml=math.nan)
    assert [p.scan_id for p in follow_ups(rows).scans.told if p.patient_id == "p0"] == ["p0v2"]
    assert not [p for p in follow_ups(rows[:2] + rows[3:]).scans.told if p.patient_id == "p0"]


def test_where_no_network_says_a_number_of_a_follow_up_nothing_is_told(rng):
    rows = [replace(p, predicted_ml=math.nan) if p.scan_id[-1] == "1" else p for p in study(rng, visits=2)]
    assert follow_ups(rows) is None


def test_a_follow_up_whose_earlier_volume_would_not_be_used_is_not_judged(rng):
    rows = study(rng)
    rows[0] = replace(rows[0], reference_ml=1000 * rows[0].reference_ml)
    assert "p0v1" not in {p.scan_id for p in follow_ups(rows).scans.told}


def test_of_two_scans_of_the_earlier_day_one_is_followed_in_whatever_order(rng):
    rows = study(rng)
    days = days_of(rows) | {p.scan_id: date(2020, 1, 1) for p in rows if p.scan_id in ("p0v0", "p0v1")}
    swapped = [rows[1], rows[0], *rows[2:]]
    told, again = ({p.scan_id: p.predicted_ml for p in follow_ups(r, days).scans.told} for r in (rows, swapped))
    assert told == pytest.approx(again)


@pytest.mark.parametrize("is_seen", [True, False])
def test_intervals_of_follow_ups_hold_as_often_as_they_say(rng, is_seen):
    held = []
    for _ in range(30):
        record = follow_ups(study(rng, patients=30)).record
        calibration = record.calibration if is_seen else record.of_volume
        visits = study(rng, patients=20, visits=2)
        for before, new in zip(visits[::2], visits[1::2], strict=True):
            earlier_said_ml = before.predicted_ml if is_seen else None
            told_ml = followed(record.model, new.predicted_ml, before.reference_ml, earlier_said_ml).volume_ml
            interval = interval_of(calibration, told_ml, dict.fromkeys(range(5), told_ml), 0.8)
            held.append(interval.low_ml <= new.reference_ml <= interval.high_ml)
    assert np.mean(held) == pytest.approx(0.8, abs=0.04)
