from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volest.evaluation.metrics import mean_absolute_error
from volest.experiments.fold import finish_fold
from volest.experiments.preparation import prepare_run
from volest.images.formats import read_image
from volest.inference.ensemble import Ensemble
from volest.inference.model import load_model
from volest.progress import Silent
from volest.records.history import read_history
from volest.records.model import TargetScaling
from volest.training.dataset import Example
from volest.training.recalibration import recalibrated

QUANTITIES = {
    "ml": lambda ml, fov: ml,
    "log_ml": lambda ml, fov: np.log(ml),
    "fraction": lambda ml, fov: ml / fov,
    "log_fraction": lambda ml, fov: np.log(ml / fov),
}
"""What is standardised, written out once more."""


@given(
    st.sampled_from(sorted(QUANTITIES)),
    st.lists(st.tuples(st.floats(5, 200), st.floats(300, 900), st.floats(-2, 2)), min_size=1, max_size=20),
)
def test_nothing_is_lacking_afterwards_on_average_and_all_move_alike(kind, scans):
    quantity = QUANTITIES[kind]
    target = TargetScaling(kind=kind, mean={"ml": 40.0, "fraction": 0.1}.get(kind, 1.0), sd=0.01)
    examples = [Example(str(n), "P", Path(), ml, fov, None) for n, (ml, fov, _) in enumerate(scans)]
    predicted = [z for *_, z in scans]
    moved = recalibrated(target, predicted, examples)
    before, after = (
        np.array([quantity(scaling.decode(z, fov), fov) for _, fov, z in scans]) for scaling in (target, moved)
    )
    assert after.mean() == pytest.approx(np.mean([quantity(ml, fov) for ml, fov, _ in scans]), abs=1e-6)
    assert np.ptp(after - before) == pytest.approx(0, abs=1e-6)


def test_a_recalibrated_fold_learns_the_same_and_says_what_its_curves_said(tiny, finished_run):
    config = tiny(f"data.folds={finished_run.folds}", "training.recalibrate=true")
    run = prepare_run(config, Silent())
    finish_fold(run, 0, Silent())
    directory, plain = run.directory.fold(0), finished_run.fold(0)
    assert directory.weights.read_bytes() == plain.weights.read_bytes()
    assert load_model(plain).record.target.intercept == 0
    ensemble, end = Ensemble([load_model(directory)]), read_history(directory.history).iloc[-1]
    assert ensemble.models[0].record.target.intercept != 0
    for part, patients in (("train", run.folds.training(0)), ("val", run.folds.held_out(0))):
        scans = run.manifest.of(patients)
        told_ml = np.array([ensemble.estimate(read_image(scan.path)).volume_ml for scan in scans])
        wanted_ml = np.array([scan.volume_ml for scan in scans])
        assert mean_absolute_error(told_ml, wanted_ml) == pytest.approx(end[f"{part}_mae_ml"], rel=1e-3)
        if part == "train":
            assert np.mean(np.log(told_ml / wanted_ml)) == pytest.approx(0, abs=1e-3)


def test_a_fold_cut_off_before_its_model_was_written_is_recalibrated_alike(tiny, finished_run):
    run = prepare_run(tiny(f"data.folds={finished_run.folds}", "training.recalibrate=true"), Silent())
    directory = run.directory.fold(0)
    finish_fold(run, 0, Silent())
    files = (directory.model_json, directory.weights, directory.predictions)
    first = [path.read_bytes() for path in files]
    for path in files:
        path.unlink()
    finish_fold(run, 0, Silent())
    assert [path.read_bytes() for path in files] == first
