import json
import shutil
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from volest.config.intervals import IntervalsConfig
from volest.errors import FoldError, RunError, VolestError
from volest.evaluation.conformal.estimates import intervals_of
from volest.evaluation.conformal.interval import error_bound
from volest.evaluation.conformal.scale import scale_of
from volest.evaluation.evaluation import evaluate
from volest.experiments.cross_validation import cross_validate
from volest.images.formats import read_image
from volest.inference.ensemble import load_ensemble
from volest.progress import Silent
from volest.records.baselines import read_baselines
from volest.records.folds import read_folds
from volest.records.follow_up import read_follow_up, read_followed
from volest.records.headers import read_headers
from volest.records.intervals import read_calibration
from volest.records.judged import read_judged
from volest.records.manifest import read_manifest
from volest.records.metrics import read_metrics
from volest.records.predictions import read_predictions
from volest.records.run import RunDirectory
from volest.training.module import VolumeRegression

FIGURES = {"mae_ml", "mape_percent", "rmse_ml", "r2", "pearson_r", "n_scans", "n_patients"}


@pytest.fixture
def copied_run(finished_run, tmp_path, tiny):
    """A copy of the finished run that a test may damage, with the configuration that goes on with it."""
    shutil.copytree(finished_run.path, tmp_path / "run")
    return RunDirectory(tmp_path / "run"), tiny()


def trained(run):
    """Content and time of everything that training leaves behind."""
    kept = [p for fold in (0, 1) for p in (run.fold(fold).weights, run.fold(fold).checkpoint, run.fold(fold).history)]
    return [(path.read_bytes(), path.stat().st_mtime_ns) for path in kept]


def test_a_run_is_complete_in_itself(finished_run):
    everything = {path.relative_to(finished_run.path).as_posix() for path in finished_run.path.rglob("*")}
    shared = {"config.yaml", "environment.json", "manifest.csv", "folds.csv", "folds.md"}
    results = {"predictions.csv", "metrics.json", "intervals.json"}
    of_a_fold = {"model.safetensors", "model.json", "checkpoints/last.ckpt", "history.csv", "predictions.csv"}
    assert everything >= shared | results | {f"fold_{k}/{name}" for k in (0, 1) for name in of_a_fold}
    assert not [name for name in everything if name.endswith(".part")]


def test_what_earlier_volumes_are_worth_is_recorded_where_enough_patients_have_several_scans(copied_run, monkeypatch):
    run, config = copied_run
    assert not run.follow_up.exists()  # six patients
    monkeypatch.setattr("volest.evaluation.held_out_follow_ups.FEWEST_PATIENTS", 3)
    cross_validate(config, Silent())
    told, record = read_followed(run.followed).told, read_follow_up(run.follow_up)
    dated = [scan for scan in read_manifest(run.manifest) if scan.acquired_on]
    first = {p: min(s.acquired_on for s in dated if s.patient_id == p) for p in {s.patient_id for s in dated}}
    assert {p.scan_id for p in told} == {s.scan_id for s in dated if s.acquired_on > first[s.patient_id]}
    assert len(told) == len(record.calibration.deviations) > 0
    assert record.mae_ml == pytest.approx(np.mean([abs(p.predicted_ml - p.reference_ml) for p in told]), rel=1e-4)
    evaluation = evaluate(read_judged(run.path), np.random.default_rng(0), n_draws=10)
    assert [row.against for row in evaluation.follow_ups] == ["networks_alone", "earlier_volume"]
    monkeypatch.undo()
    cross_validate(config, Silent())
    assert not run.follow_up.exists()
    assert not run.followed.exists()


def test_every_patient_is_held_out_exactly_once(finished_run):
    predictions = read_predictions(finished_run.predictions)
    manifest, folds = read_manifest(finished_run.manifest), read_folds(finished_run.folds)
    assert Counter(p.scan_id for p in predictions) == Counter(scan.scan_id for scan in manifest)
    assert {(p.patient_id, p.fold) for p in predictions} == set(folds.of_patient.items())
    references = {scan.scan_id: scan.volume_ml for scan in manifest}
    assert all(p.reference_ml == pytest.approx(references[p.scan_id], rel=1e-5) for p in predictions)


def test_metrics_stand_beside_those_of_the_baselines(finished_run):
    tree = json.loads(finished_run.metrics.read_text())
    assert set(tree) == {"oof", "folds", "baselines"}
    assert set(tree["folds"]) == {"0", "1"}
    assert set(tree["baselines"]) >= {"mean", "header", "thumbnail", "previous_scan"}
    for figures in (tree["oof"], *tree["folds"].values(), *tree["baselines"].values()):
        assert set(figures) == FIGURES
    for figures in (tree["oof"], *tree["baselines"].values()):
        assert (figures["n_scans"], figures["n_patients"]) == (12, 6)


def test_what_each_baseline_said_of_each_scan_is_kept(finished_run):
    table, metrics = read_baselines(finished_run.baselines), read_metrics(finished_run.metrics)
    references = {scan.scan_id: scan.volume_ml for scan in read_manifest(finished_run.manifest)}
    errors_ml = table.drop(columns=["scan_id", "fold"]).sub(table["scan_id"].map(references), axis="index").abs()
    expected = {name: figures.mae_ml for name, figures in metrics.baselines.items()}
    assert errors_ml.mean().to_dict() == pytest.approx(expected, rel=1e-4)
    assert set(read_headers(finished_run.headers)) == set(references)


def test_the_overall_error_is_that_of_the_table_of_predictions(finished_run):
    table = pd.read_csv(finished_run.predictions)
    mae_ml = (table["predicted_ml"] - table["reference_ml"]).abs().mean()
    assert json.loads(finished_run.metrics.read_text())["oof"]["mae_ml"] == pytest.approx(mae_ml)


def test_intervals_may_be_made_anew_within_a_run(copied_run):
    run, config = copied_run
    assert {p.interval_low_ml for p in read_predictions(run.predictions)} == {None}  # six patients do not support 90%
    before = trained(run)
    cross_validate(config.model_copy(update={"intervals": IntervalsConfig(level=0.6, method="cv_plus")}), Silent())
    assert trained(run) == before
    assert (read_calibration(run.intervals).level, read_calibration(run.intervals).n_patients) == (0.6, 6)
    assert all(p.interval_low_ml < p.predicted_ml < p.interval_high_ml for p in read_predictions(run.predictions))


def test_intervals_scaled_by_doubt_reach_a_new_scan(copied_run, scan_paths):
    run, config = copied_run
    settings = IntervalsConfig(level=0.6, scaled_by="views")
    cross_validate(config.model_copy(update={"intervals": settings}), Silent())
    known, estimate = read_calibration(run.intervals), load_ensemble(run).estimate(read_image(scan_paths[0]))
    assert (known.scaled_by, len(known.doubts)) == ("views", len(known.patients))
    interval, allowed = intervals_of(run).of(estimate), scale_of(known, estimate.doubts["views"])
    assert interval.high_ml / estimate.volume_ml == pytest.approx(np.exp(error_bound(known, 0.6) * allowed))


def test_a_doubt_that_no_fold_has_recorded_is_named(copied_run):
    _, config = copied_run
    settings = config.model_copy(update={"intervals": IntervalsConfig(scaled_by="members")})
    with pytest.raises(RunError, match="have not recorded 'members'"):
        cross_validate(settings, Silent())


def test_a_finished_run_is_judged_again_without_training(copied_run, finished_run):
    run, config = copied_run
    before = trained(run)
    for path in (run.metrics, run.predictions):
        path.unlink()
    cross_validate(config, Silent())
    assert trained(run) == before
    assert run.metrics.read_bytes() == finished_run.metrics.read_bytes()
    assert run.predictions.read_bytes() == finished_run.predictions.read_bytes()


def test_a_fold_without_predictions_is_judged_again_with_the_same_weights(copied_run, finished_run):
    run, config = copied_run
    for path in (run.fold(1).predictions, run.fold(1).weights, run.fold(1).model_json):
        path.unlink()
    cross_validate(config, Silent())
    for name in ("weights", "model_json", "predictions"):
        assert getattr(run.fold(1), name).read_bytes() == getattr(finished_run.fold(1), name).read_bytes()
    assert run.metrics.read_bytes() == finished_run.metrics.read_bytes()


def test_an_interrupted_cross_validation_goes_on_where_it_stood(tiny, finished_run, monkeypatch):
    config, step = tiny(), VolumeRegression.training_step

    def until_the_second_fold(self, batch, batch_idx):
        if (self.told, self.current_epoch, batch_idx) == ("fold 1", 1, 1):
            raise VolestError("power cut")
        return step(self, batch, batch_idx)

    with monkeypatch.context() as patch:
        patch.setattr(VolumeRegression, "training_step", until_the_second_fold)
        with pytest.raises(VolestError, match="power cut"):
            cross_validate(config, Silent())
    run = RunDirectory(config.run.directory)
    assert run.finished_folds() == [0]
    assert not run.metrics.exists()
    of_the_first = run.fold(0).weights.stat().st_mtime_ns
    cross_validate(config, Silent())
    assert run.fold(0).weights.stat().st_mtime_ns == of_the_first
    assert run.metrics.read_bytes() == finished_run.metrics.read_bytes()
    assert run.fold(1).weights.read_bytes() == finished_run.fold(1).weights.read_bytes()


def test_a_locked_patient_is_neither_trained_on_nor_judged(tiny):
    config = tiny("split.test_fraction=0.3", "training.epochs=1")
    metrics = cross_validate(config, Silent())
    run = RunDirectory(config.run.directory)
    locked = read_folds(run.folds).test
    assert locked
    assert not locked & {p.patient_id for p in read_predictions(run.predictions)}
    assert metrics.oof.n_patients == metrics.baselines["mean"].n_patients == 6 - len(locked)


def test_locked_patients_are_judged_once_asked_by_all_folds_together(tiny):
    config = tiny("split.test_fraction=0.3", "training.epochs=1", "intervals.level=0.6")
    closed = cross_validate(config, Silent())
    run = RunDirectory(config.run.directory)
    assert closed.test is None
    assert not run.test_predictions.exists()
    opened = cross_validate(config, Silent(), unlock_test=True)
    judged = read_predictions(run.test_predictions)
    assert {p.patient_id for p in judged} == read_folds(run.folds).test
    assert {p.fold for p in judged} == {None}
    assert all(p.interval_low_ml < p.predicted_ml < p.interval_high_ml for p in judged)
    mae_ml = sum(abs(p.predicted_ml - p.reference_ml) for p in judged) / len(judged)
    assert opened.test.mae_ml == pytest.approx(mae_ml, rel=1e-4)
    assert read_metrics(run.metrics) == opened
    assert opened.oof == closed.oof


def test_without_a_locked_patient_there_is_nothing_to_unlock(tiny):
    config = tiny()
    with pytest.raises(FoldError, match=r"split\.test_fraction"):
        cross_validate(config, Silent(), unlock_test=True)
    assert not config.run.directory.exists()
