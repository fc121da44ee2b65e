import shutil

import pytest

from volest.config import load_config
from volest.datasets.split import make_folds
from volest.errors import ConfigError, FoldError
from volest.experiments.tuning import patients
from volest.experiments.tuning.patients import searched_run, set_aside
from volest.experiments.tuning.space import read_space
from volest.progress import Silent
from volest.records.encoder import SeenScan
from volest.records.manifest import read_manifest


@pytest.fixture
def config(phantom_study, tiny_yaml, tmp_path):
    """The tiny configuration on a copy of the study that a test may damage."""
    shutil.copytree(phantom_study.parent, tmp_path / "study")
    manifest = tmp_path / "study" / phantom_study.name
    return lambda *overrides: load_config(tiny_yaml, [f"data.manifest={manifest}", "split.folds=3", *overrides])


def search(config, fold, tmp_path, inner_folds=2, space=None):
    path = tmp_path / "space.yaml"
    path.write_text(space or "training.batch_size: {kind: choice, choices: [2, 4]}")
    return searched_run(config, read_space(str(path)), fold, inner_folds, tmp_path / "search", Silent())


def destroy(config, whose):
    for scan in read_manifest(config.data.manifest).of(whose):
        scan.path.write_bytes(b"whoever reads this fails")


def test_scans_of_the_outer_fold_are_never_read(config, tmp_path):
    outer = make_folds(read_manifest(config().data.manifest), config().split, config().seed)
    destroy(config(), outer.held_out(1))
    run = search(config(), 1, tmp_path)
    assert set(run.manifest.patients) == outer.training(1)
    assert set(run.folds.of_patient) == outer.training(1)
    assert set_aside(config(), run) == len(outer.held_out(1))
    for patient in outer.held_out(1):
        assert patient not in (tmp_path / "search" / "manifest.csv").read_text()


def test_the_locked_test_set_is_never_read(config, tmp_path):
    locked = config("split.test_fraction=0.3")
    outer = make_folds(read_manifest(locked.data.manifest), locked.split, locked.seed)
    assert outer.test
    destroy(locked, outer.test)
    assert set(search(locked, None, tmp_path).manifest.patients) == set(outer.of_patient) - outer.test


def test_inner_folds_are_grouped_by_patient_and_proven(config, tmp_path):
    run = search(config(), 0, tmp_path)
    assert run.folds.count == 2
    assert not run.folds.held_out(0) & run.folds.held_out(1)
    assert "No patient stands in two of them" in (tmp_path / "search" / "folds.md").read_text()


def test_an_outer_fold_that_does_not_exist_is_told(config, tmp_path):
    with pytest.raises(FoldError, match="fold 7 does not exist: there are 3 folds"):
        search(config(), 7, tmp_path)


def test_more_inner_folds_than_patients_are_told(config, tmp_path):
    with pytest.raises(
        FoldError, match=r"9 inner folds need at least 9 patients, got \d; \d more are set aside. Lower `--inner-folds`"
    ):
        search(config(), 0, tmp_path, inner_folds=9)


@pytest.mark.parametrize(
    ("pretrained", "space"), [("true", None), ("false", "pretrain.enabled: {kind: choice, choices: [false, true]}")]
)
def test_scans_without_a_volume_could_be_of_anybody(config, tmp_path, pretrained, space):
    unlabelled = config(f"pretrain.enabled={pretrained}", f"data.unlabelled={tmp_path}")
    with pytest.raises(ConfigError, match=r"may hold scans of the \d patients that the search must not see"):
        search(unlabelled, 0, tmp_path, space=space)


def test_weights_among_the_choices_have_not_seen_who_is_set_aside(config, tmp_path, monkeypatch):
    outer = make_folds(read_manifest(config().data.manifest), config().split, config().seed)
    whose = {"scan_id": "scan", "patient_id": min(outer.held_out(0)), "sha256": "0", "content_sha256": "0"}
    weights, seen = tmp_path / "encoder.safetensors", SeenScan(**whose, is_labelled=False)
    monkeypatch.setattr(patients, "seen_by", lambda told: (seen,) if told == weights else ())
    space = f"model.encoder_weights: {{kind: choice, choices: [null, {weights}]}}"
    with pytest.raises(ConfigError, match=r"encoder.safetensors has seen 1 scan of patients .* such as 'scan'"):
        search(config(), 0, tmp_path, space=space)
