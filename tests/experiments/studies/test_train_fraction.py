import itertools

import numpy as np
import pandas as pd
import pytest

from volest.errors import ConfigError, RunError
from volest.experiments.studies import train_fraction
from volest.experiments.studies.train_fraction import (
    TrainFractionPlan,
    nested_patients,
    sized_errors,
    study_train_fraction,
    whole_rounds,
)
from volest.experiments.studies.trial import Result
from volest.progress import Silent
from volest.records.folds import read_folds
from volest.records.predictions import Prediction, read_predictions
from volest.records.run import RunDirectory
from volest.records.study import read_study

PATIENTS = [f"P{n:02d}" for n in range(20)]


def test_smaller_parts_lie_within_the_larger_ones_whatever_the_order():
    parts = [nested_patients(PATIENTS, fraction, np.random.default_rng(3)) for fraction in (0.25, 0.5, 0.75, 1.0)]
    assert [len(part) for part in parts] == [5, 10, 15, 20]
    assert all(small < large for small, large in itertools.pairwise(parts))
    assert nested_patients(PATIENTS[::-1], 0.5, np.random.default_rng(3)) == parts[1]
    assert nested_patients(PATIENTS, 0.5, np.random.default_rng(4)) != parts[1]


def test_one_patient_alone_is_never_trained_on():
    assert len(nested_patients(PATIENTS, 0.01, np.random.default_rng(0))) == 2


def test_errors_are_summed_by_patient_over_scans_folds_and_repeats():
    def result(fraction, repeat, error_ml):
        scans = [Prediction(f"{patient}{n}", patient, 0, 10 + error_ml, 10.0) for patient in "ab" for n in range(2)]
        labels = {"fraction": fraction, "fold": 0, "repeat": repeat, "training_patients": round(8 * fraction)}
        return Result(labels, scans)

    sized = sized_errors([result(1.0, 0, 1.0), result(1.0, 1, -3.0), result(0.5, 0, 4.0), result(0.5, 1, 4.0)])
    assert sized.sizes.tolist() == [4, 8]
    assert sized.sums_ml.tolist() == [[16, 8], [16, 8]]
    assert sized.mae_ml.tolist() == [4, 2]


def trained(fraction, fold, failure=""):
    held_out = [] if failure else [Prediction("scan", "a", 0, 11.0, 10.0)]
    return Result({"fraction": fraction, "fold": fold, "repeat": 0}, held_out, failure=failure)


def test_a_fold_that_failed_at_one_fraction_is_left_out_at_all_and_told():
    rounds = [trained(1.0, 0), trained(1.0, 1), trained(0.5, 0), trained(0.5, 1, "the loss is nan.")]
    kept, left_out = whole_rounds(rounds)
    assert kept == [rounds[0], rounds[2]]
    assert left_out == [
        "fold 1, repeat 0, as the training with 0.5 of the patients failed: the loss is nan",
    ]


def test_where_no_fold_is_whole_the_reason_is_told(tiny, tmp_path, monkeypatch):
    failures = [trained(1.0, 0), trained(0.67, 0, "the loss is nan")]
    monkeypatch.setattr(train_fraction, "run_trials", lambda *_: failures)
    with pytest.raises(RunError, match=r"no fold was trained with every fraction.* failed: the loss is nan\. Every"):
        study_train_fraction(tiny(), TrainFractionPlan((0.67, 1.0), folds=(0,)), tmp_path / "study", Silent())


@pytest.mark.parametrize("fractions", [(), (1.0,), (0.5, 1.5), (0.0, 1.0)])
def test_fractions_that_make_no_curve_are_refused(tiny, tmp_path, fractions):
    with pytest.raises(ConfigError, match="expected at least two different ones above 0 and up to 1"):
        study_train_fraction(tiny(), TrainFractionPlan(fractions), tmp_path / "study", Silent())


@pytest.mark.slow
def test_a_study_trains_each_part_once_and_answers_first(tiny, tmp_path):
    config, study = tiny("training.epochs=1"), tmp_path / "study"
    plan = TrainFractionPlan((0.67, 1.0), folds=(0,))
    done = study_train_fraction(config, plan, study, Silent())
    table = pd.read_csv(study / "results.csv")
    assert sorted(zip(table["fraction"], table["training_patients"], strict=True)) == [(0.67, 2), (1.0, 3)]
    assert read_study(study) == done.record
    assert done.record.answer == done.outlook.sentence
    assert "2 numbers of training patients were tried" in done.outlook.sentence
    runs = [RunDirectory(study / f"fraction_{name}" / "fold_0_repeat_0") for name in ("0.67", "1")]
    small, whole = (read_folds(run.folds) for run in runs)
    assert small.held_out(0) == whole.held_out(0)
    assert small.training(0) < whole.training(0)
    judged = [{p.scan_id for p in read_predictions(run.fold(0).predictions)} for run in runs]
    assert judged[0] == judged[1]

    written = [run.fold(0).weights.stat().st_mtime_ns for run in runs]
    assert study_train_fraction(config, plan, study, Silent()).outlook == done.outlook
    assert [run.fold(0).weights.stat().st_mtime_ns for run in runs] == written
    with pytest.raises(RunError, match=r"differs in training\.learning_rate"):
        study_train_fraction(tiny("training.epochs=1", "training.learning_rate=0.1"), plan, study, Silent())
