"""The road from a run to its latents, on the tiny phantoms."""

import shutil

import numpy as np
import pytest

from volest.config import load_config
from volest.errors import ConfigError, FoldError, RunError
from volest.experiments.latents import LatentPlan, study_latents
from volest.experiments.pretraining_run import pretrain_run
from volest.progress import Silent
from volest.records.latents import read_latents
from volest.records.manifest import read_manifest
from volest.records.predictions import read_predictions
from volest.records.probes import read_probes
from volest.records.run import RunDirectory

TINY_PRETRAINING = ("pretrain.epochs=2", "pretrain.latent=6", "pretrain.batch_size=2", "pretrain.variant=plain")


@pytest.fixture(scope="module")
def supervised(finished_run, tmp_path_factory):
    """A copy of the finished run, as the study writes into it."""
    path = tmp_path_factory.mktemp("latents") / "run"
    shutil.copytree(finished_run.path, path)
    return RunDirectory(path)


@pytest.fixture
def _without_umap(monkeypatch):
    """It compiles itself for a quarter of a minute, and has a test of its own."""
    monkeypatch.setattr("volest.report.latent_figures.has_umap", lambda: False)
    monkeypatch.setattr("volest.cli.latent_tables.has_umap", lambda: False)


@pytest.fixture(scope="module")
def study(supervised):
    first = next(iter(read_manifest(supervised.manifest)))
    return study_latents(supervised.path, LatentPlan(nearest=first.scan_id), Silent())


@pytest.fixture(scope="module")
def pretrained(tiny_yaml, tmp_path_factory):
    path = tmp_path_factory.mktemp("pretrained") / "run"
    config = load_config(tiny_yaml, [f"run.directory={path}", *TINY_PRETRAINING])
    pretrain_run(config, 1, Silent())
    return RunDirectory(path)


@pytest.mark.slow
def test_every_fold_embeds_every_scan(supervised, study):
    manifest = read_manifest(supervised.manifest)
    latents = read_latents(supervised.latents)
    assert [part.fold for part in latents] == [0, 1]
    for part in latents:
        assert set(part.scan_ids) == {scan.scan_id for scan in manifest}
        assert part.vectors.shape == (len(manifest), 16)
        held_out = {p.scan_id for p in read_predictions(supervised.fold(part.fold).predictions)}
        assert {s for s, out in zip(part.scan_ids, part.held_out, strict=True) if out} == held_out


@pytest.mark.slow
def test_the_probe_stands_beside_the_networks_and_the_baselines(supervised, study):
    probes = read_probes(supervised.probes)
    assert probes == study.probes
    names = [skill.name for skill in probes.volume]
    assert names == ["linear probe", "the networks", "kernel ridge on thumbnails", "mean of the training patients"]
    assert {skill.n_scans for skill in probes.volume} == {12}
    assert probes.answer.startswith("The latent ")
    assert "mean of the training patients" not in probes.answer


@pytest.mark.slow
def test_a_second_time_gives_the_same_files(supervised, study):
    before = supervised.latents.read_bytes(), supervised.probes.read_bytes()
    study_latents(supervised.path, LatentPlan(), Silent())
    assert (supervised.latents.read_bytes(), supervised.probes.read_bytes()) == before


@pytest.mark.slow
def test_the_neighbours_are_those_of_the_scan_asked_about(supervised, study):
    first = next(iter(read_manifest(supervised.manifest)))
    assert study.neighbourhood.scan_id == first.scan_id
    assert study.walk is None


@pytest.mark.slow
def test_the_projector_has_a_space_for_each_fold(supervised, study):
    assert sorted(path.name for path in supervised.projector.iterdir()) == ["fold_0", "fold_1"]


@pytest.mark.slow
def test_an_autoencoder_without_a_network_is_probed_and_walked_through(pretrained):
    study = study_latents(pretrained.path, LatentPlan(), Silent())
    assert study.probes.encoder == "the autoencoder of each fold"
    assert (study.probes.features, study.probes.folds) == (6, (1,))
    assert "the networks" not in [skill.name for skill in study.probes.volume]
    assert study.walk.rasters.ndim == 4
    assert np.all(np.diff(study.walk.volumes_ml) > 0)
    assert "1 of 2 folds are not finished: their patients are not judged." in study.probes.remarks


@pytest.mark.slow
def test_without_its_decoder_the_features_are_probed(pretrained, tmp_path):
    shutil.copytree(pretrained.path, tmp_path / "run")
    RunDirectory(tmp_path / "run").fold(1).decoder_weights.unlink()
    study = study_latents(tmp_path / "run", LatentPlan(), Silent())
    assert study.probes.features == 16
    assert study.walk is None


@pytest.mark.slow
def test_latents_of_one_fold_and_features_of_another_are_not_put_together(pretrained, tmp_path):
    path = tmp_path / "run"
    shutil.copytree(pretrained.path, path)
    shutil.copytree(path / "fold_1", path / "fold_0")
    RunDirectory(path).fold(0).decoder_weights.unlink()
    RunDirectory(path).latents.unlink(missing_ok=True)  # of another test
    with pytest.raises(RunError, match=r"fold 0 of .* has no decoder, and fold 1 has.* `volest pretrain --fold 0"):
        study_latents(path, LatentPlan(), Silent())
    assert not RunDirectory(path).latents.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("plan", "error", "message"),
    [
        (LatentPlan(fold=7), FoldError, "--fold 7: the finished folds of .* are 0, 1"),
        (LatentPlan(categories=("scanner",)), ConfigError, "--category scanner: .* has no such column with values"),
        (LatentPlan(categories=("volume_ml",)), ConfigError, "--category volume_ml"),
        (LatentPlan(nearest="nobody"), RunError, "--nearest nobody: no finished fold has held out"),
        (LatentPlan(pretrained=True), RunError, "holds no pretrained fold. Make one first: `volest pretrain"),
    ],
)
def test_what_cannot_be_asked_is_refused(supervised, plan, error, message):
    with pytest.raises(error, match=message):
        study_latents(supervised.path, plan, Silent())


def test_a_folder_without_finished_folds_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"holds no finished fold. Make one first: `volest train --fold 0`"):
        study_latents(tmp_path, LatentPlan(), Silent())


@pytest.mark.slow
@pytest.mark.usefixtures("_without_umap")
def test_the_command_says_the_verdict_first_and_draws(command, supervised):
    outcome = command("latents", supervised.path, "--fold", "1", "-q")
    assert outcome.status == 0, outcome.stderr
    assert outcome.stdout.startswith("The latent ")
    assert "Figures of fold 1: latents_pca_by_volume.svg" in outcome.stdout
    assert "UMAP figures need `pip install 'volest[latents]'`; these are PCA alone." in outcome.stdout
    assert (supervised.figures / "latents_pca_by_patient.svg").exists()
    assert not (supervised.figures / "latents_umap_by_patient.svg").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("_without_umap")
def test_the_command_draws_the_walk_of_an_autoencoder(command, pretrained):
    outcome = command("latents", pretrained.path, "-q")
    assert outcome.status == 0, outcome.stderr
    assert (pretrained.figures / "latents_walk.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_what_cannot_be_done_is_one_paragraph(command, supervised, tmp_path):
    for arguments in ((tmp_path,), (supervised.path, "--nearest", "nobody"), (supervised.path, "--fold", "9")):
        outcome = command("latents", *arguments, "-q")
        assert outcome.status == 2
        assert outcome.stderr.startswith("volest: ")
        assert "Traceback" not in outcome.stderr
        assert len(outcome.stderr.strip().splitlines()) == 1
