import math
from dataclasses import replace

import numpy as np
import pytest

from volest.config.intervals import IntervalsConfig
from volest.evaluation.conformal.calibrate import calibrate, with_held_out_intervals
from volest.records.predictions import Prediction

LEVEL = IntervalsConfig(level=0.8)


@pytest.fixture
def held_out(rng):
    """Two scans of each of 12 patients, in three folds."""
    reference_ml = rng.uniform(20, 100, 24)
    predicted_ml = reference_ml * rng.lognormal(0, 0.15, 24)
    return [
        Prediction(f"s{n}", f"p{n // 2}", (n // 2) % 3, float(predicted_ml[n]), float(reference_ml[n]))
        for n in range(24)
    ]


def of(held_out, config=LEVEL, log_target=True):
    return with_held_out_intervals(held_out, calibrate(held_out, config, log_target))


def test_errors_are_measured_where_the_network_learnt_them(held_out):
    assert calibrate(held_out, LEVEL, log_target=True).score == "relative"
    assert calibrate(held_out, LEVEL, log_target=False).score == "absolute"
    assert calibrate(held_out, IntervalsConfig(score="absolute"), log_target=True).score == "absolute"


def test_patients_become_numbers(held_out):
    calibration = calibrate(held_out, LEVEL, log_target=True)
    assert calibration.patients == tuple(n // 2 for n in range(24))
    assert calibration.folds == tuple(p.fold for p in held_out)


def test_a_patient_never_calibrates_an_interval_of_their_own(held_out):
    wild = [replace(p, reference_ml=5000.0) if p.patient_id == "p3" else p for p in held_out]
    before, after = of(held_out), of(wild)
    own = [n for n, p in enumerate(held_out) if p.patient_id == "p3"]
    assert [before[n].interval_high_ml for n in own] == [after[n].interval_high_ml for n in own]
    others = [n for n in range(24) if n not in own]
    assert any(before[n].interval_high_ml != after[n].interval_high_ml for n in others)


def test_nothing_but_the_interval_changes_and_the_prediction_lies_in_it(held_out):
    for before, after in zip(held_out, of(held_out), strict=True):
        assert after.interval_low_ml < after.predicted_ml < after.interval_high_ml
        assert replace(after, interval_low_ml=None, interval_high_ml=None) == before


def test_the_order_of_the_table_changes_nothing(held_out):
    assert of(held_out[::-1]) == of(held_out)[::-1]


def test_too_few_other_patients_leave_the_cells_empty(held_out):
    told = of(held_out, IntervalsConfig(level=0.92))  # 12 patients support 12/13, the other 11 support 11/12
    assert {p.interval_low_ml for p in told} == {None}


def test_one_patient_alone_has_no_interval():
    alone = [Prediction(f"s{n}", "p", 0, 50.0 + n, 50.0) for n in range(5)]
    assert of(alone) == alone


def test_a_scan_without_a_number_has_no_interval_and_is_no_help_to_the_others(held_out):
    broken = [replace(p, predicted_ml=math.nan) if p.scan_id == "s0" else p for p in held_out]
    told = of(broken)
    assert told[0].interval_low_ml is None
    assert all(
        after.interval_high_ml >= before.interval_high_ml
        for after, before in zip(told[2:], of(held_out)[2:], strict=True)
    )


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9])
def test_held_out_intervals_hold_about_as_many_as_they_say(rng, level):
    reference_ml = rng.uniform(20, 100, 300)
    rows = zip(reference_ml, reference_ml * rng.lognormal(0, 0.2, 300), strict=True)
    held_out = [Prediction(f"s{n}", f"p{n}", n % 5, float(p), float(r)) for n, (r, p) in enumerate(rows)]
    told = of(held_out, IntervalsConfig(level=level))
    share = np.mean([p.interval_low_ml <= p.reference_ml <= p.interval_high_ml for p in told])
    assert share == pytest.approx(level, abs=0.01)


def doubts_of(held_out, rng):
    return {p.scan_id: float(rng.uniform(0.02, 0.3)) for p in held_out}


def test_scaled_intervals_are_wide_where_the_network_doubts(held_out, rng):
    doubts = doubts_of(held_out, rng)
    config = IntervalsConfig(level=0.8, scaled_by="head")
    told = with_held_out_intervals(held_out, calibrate(held_out, config, True, doubts))
    factors = [p.interval_high_ml / p.predicted_ml for p in told]
    sure, unsure = (chosen(doubts, key=doubts.get) for chosen in (min, max))
    by_scan = {p.scan_id: factor for p, factor in zip(told, factors, strict=True)}
    assert 1 < by_scan[sure] < np.median(factors) < by_scan[unsure]


def test_equal_doubts_change_nothing(held_out):
    config = IntervalsConfig(level=0.8, scaled_by="views")
    told = with_held_out_intervals(held_out, calibrate(held_out, config, True, {p.scan_id: 0.1 for p in held_out}))
    for plain, scaled in zip(of(held_out), told, strict=True):
        assert scaled.interval_high_ml == pytest.approx(plain.interval_high_ml)


def test_a_patient_s_doubt_scales_no_error_of_their_own(held_out, rng):
    doubts, config = doubts_of(held_out, rng), IntervalsConfig(level=0.8, scaled_by="views")
    wild = [replace(p, reference_ml=5000.0) if p.patient_id == "p3" else p for p in held_out]
    before, after = (with_held_out_intervals(s, calibrate(s, config, True, doubts)) for s in (held_out, wild))
    own = [n for n, p in enumerate(held_out) if p.patient_id == "p3"]
    assert [before[n].interval_high_ml for n in own] == [after[n].interval_high_ml for n in own]


def test_doubts_become_millilitres_where_errors_are(held_out, rng):
    doubts, config = doubts_of(held_out, rng), IntervalsConfig(score="absolute", scaled_by="views")
    calibration = calibrate(held_out, config, True, doubts)
    assert calibration.doubts == pytest.approx([doubts[p.scan_id] * p.predicted_ml for p in held_out])


def test_a_scan_without_a_number_leaves_a_scaled_calibration_that_can_be_written(held_out, rng):
    broken = [replace(p, predicted_ml=math.nan) if p.scan_id == "s0" else p for p in held_out]
    config = IntervalsConfig(score="absolute", scaled_by="views")
    calibration = calibrate(broken, config, True, doubts_of(held_out, rng))
    assert calibration.deviations[0] == math.inf
    assert all(map(math.isfinite, calibration.doubts))
