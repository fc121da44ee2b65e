import shutil

import pytest

from volest.diagnostics.verdict import NotApplicable
from volest.errors import FoldError, RunError
from volest.experiments.controls.controls import run_controls
from volest.experiments.preparation import prepare_run, record_run
from volest.progress import Silent
from volest.records.manifest import read_manifest
from volest.records.run import RunDirectory


@pytest.fixture
def run(tiny):
    """A run with its scans and folds, of which nothing is trained yet."""
    prepared = prepare_run(tiny("training.epochs=1"), Silent())
    record_run(prepared)
    return prepared.directory


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(RunError, match="is no run with scans and folds"):
        run_controls(tmp_path, 0, Silent())


def test_a_fold_that_does_not_exist_is_refused(run):
    with pytest.raises(FoldError, match="fold 7 does not exist"):
        run_controls(run.path, 7, Silent())


@pytest.mark.slow
def test_controls_train_below_the_run_and_go_on_where_they_stood(run):
    verdicts = run_controls(run.path, 1, Silent())
    assert [verdict.code for verdict in verdicts] == ["VOL201", "VOL202", "VOL203", "VOL204"]
    # three patients are held out: nobody can say how sure that is
    assert [isinstance(verdicts[place], NotApplicable) for place in (0, 2, 3)] == [True] * 3
    assert "too few held-out patients" in verdicts[0].reason
    folder = run.path / "controls" / "of_fold_1"
    controls = {path.name: RunDirectory(path / "run") for path in folder.iterdir() if path.is_dir()}
    assert set(controls) == {"unchanged", "permuted_labels_0", "shuffled_voxels", "field_of_view"}
    labels = {name: [s.volume_ml for s in read_manifest(of.manifest)] for name, of in controls.items()}
    assert labels["permuted_labels_0"] != labels["unchanged"]
    assert labels["shuffled_voxels"] == pytest.approx(labels["unchanged"])
    assert not run.finished_folds()

    written = {name: of.fold(1).weights.stat().st_mtime_ns for name, of in controls.items()}
    shutil.rmtree(controls["shuffled_voxels"].path)
    again = run_controls(run.path, 1, Silent())
    assert (again[0], again[2], again[3]) == (verdicts[0], verdicts[2], verdicts[3])
    kept = {name for name, of in controls.items() if of.fold(1).weights.stat().st_mtime_ns == written[name]}
    assert kept == set(controls) - {"shuffled_voxels"}
