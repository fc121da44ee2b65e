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


@given(st.lists(st.tuples(st.floats(5, 200), st.floats(-2, 2)), min_size=1, max_size=20))
def test_nothing_is_lacking_afterwards_on_average_and_volumes_keep_their_ratios(tmp_path_factory, scans):
    path = tmp_path_factory.getbasetemp()
    target = TargetScaling(kind="log_ml", mean=3.4, sd=0.4)
    examples = [Example(str(n), "P", path, volume_ml, 500.0, None) for n, (volume_ml, _) in enumerate(scans)]
    predicted = [z for _, z in scans]
    moved = recalibrated(target, predicted, examples)
    before, after = ([scaling.decode(z, 500.0) for z in predicted] for scaling in (target, moved))
    assert np.mean(np.log(after)) == pytest.approx(np.mean([np.log(e.volume_ml) for e in examples]), abs=1e-9)
    assert np.ptp(np.log(after) - np.log(before)) == pytest.approx(0, abs=1e-9)


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
