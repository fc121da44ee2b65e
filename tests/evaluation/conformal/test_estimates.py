import math
from dataclasses import replace

import pytest

from volest.errors import ConfigError, RunError
from volest.evaluation.conformal.estimates import intervals_of
from volest.records.estimates import Estimate, EstimateRow
from volest.records.intervals import Calibration, write_calibration
from volest.records.run import RunDirectory

TWELVE = Calibration(
    level=0.9,
    method="cv_plus",
    score="relative",
    patients=tuple(range(12)),
    folds=tuple(n % 2 for n in range(12)),
    deviations=tuple(0.01 * (n + 1) for n in range(12)),
)


@pytest.fixture
def run(tmp_path):
    """Two finished folds and the errors of twelve patients."""
    run = RunDirectory(tmp_path / "run")
    for fold in (0, 1):
        directory = run.fold(fold)
        directory.path.mkdir(parents=True)
        for path in (directory.weights, directory.model_json, directory.predictions):
            path.write_text("")
    write_calibration(TWELVE, run.intervals)
    return run


def test_every_estimate_gets_its_interval_and_a_refused_scan_none(run):
    rows = [EstimateRow("a", Estimate(50.0, (49.0, 51.0), ())), EstimateRow("b", None, "empty")]
    first, second = intervals_of(run).beside(rows)
    assert first.estimate.interval.level == 0.9
    assert first.estimate.interval.low_ml < 49 < 51 < first.estimate.interval.high_ml
    assert replace(first.estimate, interval=None) == rows[0].estimate
    assert second == rows[1]


def test_the_level_asked_for_is_given(run):
    estimate = Estimate(50.0, (49.0, 51.0), ())
    narrow, wide = intervals_of(run, 0.6).of(estimate), intervals_of(run, 0.92).of(estimate)
    assert (narrow.level, wide.level) == (0.6, 0.92)
    assert wide.low_ml < narrow.low_ml < narrow.high_ml < wide.high_ml


def test_the_doubt_about_a_scan_widens_its_interval(run):
    write_calibration(replace(TWELVE, scaled_by="views", doubts=(0.1,) * 12), run.intervals)
    calm, hard = (Estimate(50.0, (49.0, 51.0), (), doubts={"views": share, "head": 9.0}) for share in (0.1, 0.3))
    intervals = intervals_of(run)
    assert (
        intervals.of(hard).low_ml < intervals.of(calm).low_ml < intervals.of(calm).high_ml < intervals.of(hard).high_ml
    )
    assert intervals.of(Estimate(50.0, (49.0, 51.0), ())) is None


def test_a_wider_level_than_the_patients_support_is_refused_with_the_number_needed(run):
    with pytest.raises(RunError, match=r"needs at least 99 patients; 12 held-out patients support 92\.3% at most"):
        intervals_of(run, 0.99)


@pytest.mark.parametrize("level", [0.0, 1.0, 90.0, -0.5, math.nan])
def test_a_level_that_is_no_share_is_refused(run, level):
    with pytest.raises(ConfigError, match="expected a share between 0 and 1"):
        intervals_of(run, level)


def test_unless_asked_for_an_unsupported_level_is_told_and_not_raised(run):
    write_calibration(replace(TWELVE, level=0.95), run.intervals)
    told = intervals_of(run)
    assert "needs at least 19 patients" in told.absence
    assert told.of(Estimate(50.0, (49.0, 51.0), ())) is None


@pytest.mark.parametrize("damage", ["no calibration", "one fold more", "one fold less"])
def test_folds_that_were_not_judged_together_have_no_intervals(run, damage):
    if damage == "no calibration":
        run.intervals.unlink()
    elif damage == "one fold less":
        run.fold(1).weights.unlink()
    else:
        write_calibration(replace(TWELVE, folds=(0,) * 12), run.intervals)
    assert "rest on the held-out scans of all its folds together" in intervals_of(run).absence
    with pytest.raises(RunError, match="volest cv"):
        intervals_of(run, 0.8)


def test_errors_without_bound_are_told(run):
    write_calibration(replace(TWELVE, deviations=(math.inf,) * 3 + TWELVE.deviations[3:]), run.intervals)
    assert "of 3 of 12 held-out scans the networks gave no usable number" in intervals_of(run).absence
    assert intervals_of(run, 0.6).of(Estimate(50.0, (49.0, 51.0), ())) is not None


def test_a_damaged_file_is_named(run):
    run.intervals.write_text("{}")
    with pytest.raises(RunError, match="damaged"):
        intervals_of(run)


def test_a_finished_fold_that_lost_its_weights_is_named(run):
    run.fold(1).weights.unlink()
    absence = intervals_of(run).absence
    assert "1 is finished, fold_1/model.safetensors is lost." in absence


def test_a_run_without_its_record_of_errors_is_not_said_to_miss_a_fold(run):
    run.intervals.unlink()
    absence = intervals_of(run).absence
    assert "2 are finished." in absence
    assert "trains what is missing, if anything is, and makes them" in absence
    run.metrics.touch()  # all folds were judged, and the record was written before this one
    assert "2 are finished, intervals.json is not there." in intervals_of(run).absence
