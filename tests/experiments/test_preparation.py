import shutil
from dataclasses import replace

import pytest
import torch

from volest.errors import ConfigError, FoldError, ManifestError, RunError
from volest.experiments.preparation import forget_fold, prepare_run, record_run
from volest.progress import Silent
from volest.records.folds import Folds, read_folds, write_folds
from volest.records.manifest import Manifest, read_manifest, write_manifest
from volest.records.run import RunDirectory


@pytest.fixture
def begun(tiny):
    """A run whose shared records are written and nothing else."""
    config = tiny()
    record_run(prepare_run(config, Silent()))
    return RunDirectory(config.run.directory)


def test_preparing_writes_nothing(tiny):
    config = tiny()
    prepared = prepare_run(config, Silent())
    assert set(prepared.facts) == {scan.scan_id for scan in prepared.manifest}
    assert all(scan.sha256 for scan in prepared.manifest)
    assert not config.run.directory.exists()


def test_a_run_may_be_moved_and_its_machine_changed(begun, tiny, tmp_path, monkeypatch):
    shutil.move(begun.path, tmp_path / "moved")
    monkeypatch.chdir(tmp_path)
    machine = ("training.workers=3", "training.threads=2", "cluster.gpus=2", f"preprocessing.cache={tmp_path}")
    config = tiny("run.directory=moved", *machine)
    assert prepare_run(config, Silent()).directory.path == tmp_path / "moved"


def test_another_configuration_is_refused_and_its_keys_named(begun, tiny):
    with pytest.raises(RunError, match=r"belongs to another configuration: it differs in seed, training\.epochs\. "):
        prepare_run(tiny("training.epochs=7", "seed=3"), Silent())


def test_other_scans_are_refused_and_one_is_named(begun, tiny, tmp_path):
    scans = read_manifest(begun.manifest).scans
    changed = replace(scans[3], volume_ml=scans[3].volume_ml + 1)
    write_manifest(Manifest((*scans[:3], changed, *scans[4:])), tmp_path / "m.csv")
    with pytest.raises(RunError, match=f"begun with other scans: 1 were .* such as '{changed.scan_id}'"):
        prepare_run(tiny(f"data.manifest={tmp_path / 'm.csv'}"), Silent())


def test_the_order_of_the_rows_changes_nothing(begun, tiny, tmp_path):
    write_manifest(Manifest(read_manifest(begun.manifest).scans[::-1]), tmp_path / "m.csv")
    assert prepare_run(tiny(f"data.manifest={tmp_path / 'm.csv'}"), Silent()).folds == read_folds(begun.folds)


def test_other_folds_are_refused(begun, tiny, tmp_path):
    folds = read_folds(begun.folds)
    write_folds(Folds({patient: 1 - part for patient, part in folds.of_patient.items()}), tmp_path / "f.csv")
    with pytest.raises(RunError, match=r"was begun with other folds than .*f\.csv"):
        prepare_run(tiny(f"data.folds={tmp_path / 'f.csv'}"), Silent())


def test_the_folds_of_a_run_are_those_it_was_begun_with(begun, tiny):
    """Whatever a later version of the search would find."""
    swapped = Folds({patient: 1 - part for patient, part in read_folds(begun.folds).of_patient.items()})
    write_folds(swapped, begun.folds)
    assert prepare_run(tiny(), Silent()).folds == swapped


@pytest.mark.parametrize("content", ["thesis.docx", "fold_0"])
def test_a_folder_with_other_things_is_refused(tiny, content):
    config = tiny()
    (config.run.directory / content).mkdir(parents=True)
    with pytest.raises(RunError, match="holds files but no run"):
        prepare_run(config, Silent())


def test_a_file_in_place_of_the_folder_is_refused(tiny):
    config = tiny()
    config.run.directory.write_text("")
    with pytest.raises(RunError, match="is a file"):
        prepare_run(config, Silent())


def test_an_empty_folder_is_taken(tiny):
    config = tiny()
    config.run.directory.mkdir()
    record_run(prepare_run(config, Silent()))
    assert RunDirectory(config.run.directory).config.exists()


def test_restarting_forgets_one_fold_alone(begun):
    for fold in (0, 1):
        begun.fold(fold).checkpoint.parent.mkdir(parents=True)
    forget_fold(begun, 0)
    forget_fold(begun, 7)
    assert (begun.fold(0).path.exists(), begun.fold(1).path.exists()) == (False, True)


def test_restarting_forgets_whatever_counted_the_fold_in(begun):
    judged = (begun.predictions, begun.test_predictions, begun.metrics, begun.findings, begun.evaluation)
    judged += (begun.intervals, begun.follow_up, begun.followed, begun.refusal)
    for result in judged:
        result.write_text("of the fold as it was")
    forget_fold(begun, 0)
    assert not any(result.exists() for result in judged)
    assert begun.config.exists()


def test_a_covariate_that_no_scan_has_is_named(tiny):
    with pytest.raises(ConfigError, match=r"data\.covariates: 'weight' is no numeric column of .*"):
        prepare_run(tiny("data.covariates=[weight]"), Silent())


@pytest.mark.parametrize(
    "override, error, message",
    [
        ("data.manifest=nowhere.csv", ManifestError, "nowhere.csv does not exist"),
        ("training.device=cuda", ConfigError, "not available on this machine"),
    ],
)
def test_what_is_quickly_known_to_be_wrong_is_said_before_a_scan_is_read(tiny, monkeypatch, override, error, message):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr("volest.experiments.preparation.admit_manifest", lambda *_: pytest.fail("a scan was read"))
    with pytest.raises(error, match=message):
        prepare_run(tiny(override), Silent())


def test_a_fold_that_does_not_exist_is_said_before_a_scan_is_read(tiny, monkeypatch):
    monkeypatch.setattr("volest.experiments.preparation.admit_manifest", lambda *_: pytest.fail("a scan was read"))
    with pytest.raises(FoldError, match="fold 9 does not exist"):
        prepare_run(tiny(), Silent(), fold=9)
