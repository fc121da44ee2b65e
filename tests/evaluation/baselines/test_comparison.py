import dataclasses

import pytest

from volest.evaluation.baselines import baseline_predictions
from volest.evaluation.baselines.comparison import NO_PREVIOUS_SCAN


def predicted(predictions):
    return {name: {p.scan_id: p.predicted_ml for p in rows} for name, rows in predictions.items()}


def test_every_held_out_scan_is_predicted_once_by_every_baseline(cohort):
    predictions = baseline_predictions(cohort[:48], cohort[48:], fold=3)
    assert list(predictions) == ["mean", "header", "thumbnail", "covariates", "previous_scan"]
    for rows in predictions.values():
        assert [p.scan_id for p in rows] == [s.scan_id for s in cohort[48:]]
        assert [p.reference_ml for p in rows] == [s.volume_ml for s in cohort[48:]]
        assert {p.fold for p in rows} == {3}


def test_baselines_without_data_are_left_out(cohort):
    bare = [dataclasses.replace(s, covariates={}, acquired_on=None) for s in cohort]
    assert list(baseline_predictions(bare[:48], bare[48:], fold=0)) == ["mean", "header", "thumbnail"]


def test_a_held_out_label_never_reaches_its_own_prediction(cohort):
    training, held_out = cohort[:48], cohort[48:]
    before = predicted(baseline_predictions(training, held_out, fold=0))
    latest = [s for s in held_out if s.scan_id.endswith("-1")]
    changed = [dataclasses.replace(s, volume_ml=s.volume_ml * 7) if s in latest else s for s in held_out]
    after = predicted(baseline_predictions(training, changed, fold=0))
    assert after == before


def test_no_held_out_label_at_all_reaches_the_baselines_that_read_the_scan(cohort):
    training, held_out = cohort[:48], cohort[48:]
    changed = [dataclasses.replace(s, volume_ml=s.volume_ml * 7) for s in held_out]
    before = predicted(baseline_predictions(training, held_out, fold=0))
    after = predicted(baseline_predictions(training, changed, fold=0))
    for name in ("mean", "header", "thumbnail", "covariates"):
        assert after[name] == before[name]


def test_scans_without_an_earlier_one_are_flagged(cohort):
    rows = baseline_predictions(cohort[:48], cohort[48:], fold=0)["previous_scan"]
    assert {p.flags for p in rows if p.scan_id.endswith("-0")} == {NO_PREVIOUS_SCAN}
    assert {p.flags for p in rows if p.scan_id.endswith("-1")} == {""}


@pytest.mark.parametrize("patients", [1, 2])
def test_few_training_patients_are_enough(cohort, patients):
    predictions = baseline_predictions(cohort[: 2 * patients], cohort[48:50], fold=0)
    assert all(p.predicted_ml >= 0 for rows in predictions.values() for p in rows)
