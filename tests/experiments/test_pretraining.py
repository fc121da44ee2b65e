import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from volest.errors import ConfigError, FoldError, ModelError, RunError, ScanError
from volest.experiments import pretraining
from volest.experiments.fold import fold_grid, run_fold
from volest.experiments.preparation import prepare_run
from volest.experiments.pretraining import pretrain_alone, pretrain_fold
from volest.experiments.pretraining_run import pretrain_run
from volest.images.formats import read_image
from volest.images.image import Image
from volest.images.nrrd import read_nrrd, write_nrrd
from volest.progress import Silent
from volest.records.encoder import read_encoder_record
from volest.records.folds import read_folds
from volest.records.manifest import Manifest, read_manifest, write_manifest
from volest.records.run import FoldDirectory, RunDirectory
from volest.training import scan_stack

LATENT = "pretrain.latent=8"  # the tiny raster has no more
SHORT = (LATENT, "pretrain.epochs=2", "pretrain.batch_size=2")
MARKER = 255
"""Every third plane of a marked scan is all of it."""


class Heard(Silent):
    """Remembers what it was told."""

    def __init__(self):
        self.sentences = []

    def tell(self, sentence):
        self.sentences.append(sentence)


@pytest.fixture
def marked(phantom_study, finished_run, tmp_path):
    """The study with a pattern planted in every scan of fold 0, under other volumes; files of its own."""
    held_out = read_folds(finished_run.folds).held_out(0)

    def own(scan):
        image = read_nrrd(scan.path)
        path = tmp_path / "marked" / scan.path.name
        voxels = image.voxels.copy()
        if scan.patient_id in held_out:
            voxels[::3] = MARKER
        write_nrrd(Image(voxels, image.affine), path)
        return replace(scan, path=path, sha256=None)

    write_manifest(Manifest(tuple(own(scan) for scan in read_manifest(phantom_study))), tmp_path / "marked.csv")
    return tmp_path / "marked.csv"


@pytest.mark.parametrize("variant", ["plain", "denoising", "masked"])
def test_no_pretraining_ever_reads_a_held_out_scan(tiny, marked, finished_run, monkeypatch, tmp_path, variant):
    """Once it is decided who may teach, the held-out files are gone, and every raster that is read is looked at."""
    own = (f"data.manifest={marked}", f"data.folds={finished_run.folds}", f"preprocessing.cache={tmp_path / 'cache'}")
    config = tiny(*own, *SHORT, f"pretrain.variant={variant}")
    run = prepare_run(config, Silent(), 0)
    admit, read, mapped = pretraining.admit_unseen, [], []

    def admit_then_remove(training, unlabelled, apart, progress):
        admission = admit(training, unlabelled, apart, progress)
        for scan in apart:
            scan.path.unlink()
        return admission

    def watched(path):
        read.append(path)
        image = read_image(path)
        assert not (image.voxels[::3] == MARKER).all()
        return image

    def watched_entry(path, map_entry=scan_stack.map_entry):
        mapped.append(path)
        return map_entry(path)

    monkeypatch.setattr(pretraining, "admit_unseen", admit_then_remove)
    monkeypatch.setattr(pretraining, "read_image", watched)
    monkeypatch.setattr(scan_stack, "map_entry", watched_entry)
    record = pretrain_fold(run, 0, fold_grid(run, 0), Silent())
    held_out = run.manifest.of(run.folds.held_out(0))
    taught = {scan.sha256 for scan in record.scans}
    assert {path.name for path in mapped} == {f"{one}{kind}" for one in taught for kind in (".npy", ".field.npy")}
    assert set(read) == {scan.path for scan in run.manifest.of(run.folds.training(0))}
    assert not taught & {scan.sha256 for scan in held_out}
    assert not {scan.patient_id for scan in record.scans} & {scan.patient_id for scan in held_out}


def test_what_held_out_scans_hold_changes_no_bit_of_the_encoder(tiny, marked, finished_run, tmp_path):
    for name, manifest in (("honest", finished_run.manifest), ("false", marked)):
        own = (f"data.manifest={manifest}", f"data.folds={finished_run.folds}", f"run.directory={tmp_path / name}")
        pretrain_run(tiny(*SHORT, *own), 0, Silent())
    honest, false = (RunDirectory(tmp_path / name).fold(0) for name in ("honest", "false"))
    assert honest.encoder_weights.read_bytes() == false.encoder_weights.read_bytes()


def test_copies_of_held_out_scans_among_the_unlabelled_are_left_out_and_told(tiny, phantom_study, tmp_path):
    shutil.copytree(phantom_study.parent / "scans", tmp_path / "more")
    heard = Heard()
    config = tiny(*SHORT, f"data.unlabelled={tmp_path / 'more'}")
    [record] = pretrain_run(config, 0, heard).values()
    apart = {scan.scan_id for scan in record.left_out}
    assert apart
    assert not apart & {scan.scan_id for scan in record.scans}
    assert any("scans may not be pretrained on" in sentence for sentence in heard.sentences)
    strict = tiny(*SHORT, f"data.unlabelled={tmp_path / 'more'}", f"run.directory={tmp_path / 'strict'}")
    with pytest.raises(ScanError, match=r"may not be pretrained on: .* leave `--strict` out"):
        pretrain_run(strict, 0, Silent(), strict=True)


def test_a_fold_starts_from_its_encoder(tiny):
    config = tiny(*SHORT, "pretrain.enabled=true", "training.epochs=1", "training.learning_rate=1e-9")
    run_fold(config, 0, Silent())
    fold = RunDirectory(config.run.directory).fold(0)
    encoder, model = load_file(fold.encoder_weights), load_file(fold.weights)
    for name, tensor in encoder.items():
        torch.testing.assert_close(model[f"encoder.{name}"], tensor, atol=1e-5, rtol=1e-3)
    record = read_encoder_record(fold.encoder_json)
    assert record.tensors["conv1.weight"] == tuple(encoder["conv1.weight"].shape)
    assert all(scan.is_labelled for scan in record.scans)
    assert np.isfinite(record.final_loss)


def test_a_pretrained_fold_is_trained_without_pretraining_again(tiny):
    config = tiny(*SHORT, "pretrain.enabled=true", "training.epochs=1")
    pretrain_run(config, 0, Silent())
    fold = RunDirectory(config.run.directory).fold(0)
    written = fold.encoder_weights.stat().st_mtime_ns
    run_fold(config, 0, Silent())
    assert fold.encoder_weights.stat().st_mtime_ns == written


def test_an_encoder_without_a_fold_starts_any_network_and_is_told(tiny, tmp_path):
    more = write_other_phantoms(tmp_path)
    out = tmp_path / "encoder"
    record = pretrain_alone(tiny(*SHORT, f"data.unlabelled={more}", f"run.directory={out}"), Silent())
    assert (record.fold, len(record.scans)) == (None, 4)
    weights = FoldDirectory(out).encoder_weights
    heard = Heard()
    run_fold(tiny("training.epochs=1", f"model.encoder_weights={weights}"), 0, heard)
    assert any(
        f"{weights}: " in told and "tensors loaded, all that the encoder has." in told for told in heard.sentences
    )


def test_weights_that_have_seen_a_held_out_scan_are_refused(tiny, tmp_path, phantom_study):
    out = tmp_path / "encoder"
    scans = phantom_study.parent / "scans"
    pretrain_alone(tiny(*SHORT, f"data.unlabelled={scans}", f"run.directory={out}"), Silent())
    config = tiny(f"model.encoder_weights={FoldDirectory(out).encoder_weights}")
    with pytest.raises(
        FoldError,
        match=r"has seen \d+ scans of patients that fold 0 holds out, such as 'p\d\d_s\d\d' of patient 'p\d\d'. Set",
    ):
        run_fold(config, 0, Silent())
    assert not config.run.directory.exists()


def test_an_encoder_pretrained_further_still_has_seen_the_voxels_that_it_started_from(tiny, tmp_path, scan_paths):
    stored, first = tmp_path / "stored", tmp_path / "first"
    stored.mkdir()
    for path in scan_paths:
        magic, rest = path.read_bytes().split(b"\n", 1)
        (stored / path.name).write_bytes(magic + b"\n# stored again\n" + rest)
    pretrain_alone(tiny(*SHORT, f"data.unlabelled={stored}", f"run.directory={first}"), Silent())
    others = (f"data.unlabelled={write_other_phantoms(tmp_path)}", f"run.directory={tmp_path / 'second'}")
    start = f"model.encoder_weights={FoldDirectory(first).encoder_weights}"
    record = pretrain_alone(tiny(*SHORT, *others, start), Silent())
    assert len(record.scans) == 4 + len(scan_paths)
    config = tiny(f"model.encoder_weights={FoldDirectory(tmp_path / 'second').encoder_weights}")
    with pytest.raises(FoldError, match=r"has seen \d+ scans of patients that fold 0 holds out"):
        run_fold(config, 0, Silent())


@pytest.mark.parametrize(
    "overrides, error, told",
    [
        (("pretrain.latent=999",), ModelError, r"pretrain.latent 999 is larger than what the encoder of 'resnet'"),
        ((LATENT, "pretrain.batch_size=64"), ConfigError, r"pretrain.batch_size 64 is larger than the 6 scans"),
        ((LATENT, "model.norm=batch"), ModelError, r"batch norm .* in batches of 4. Set pretrain.batch_size to 8"),
        (("model.name=rasternet",), ModelError, r"'rasternet' has no spatial features"),
    ],
)
def test_what_cannot_be_pretrained_is_refused_before_anything_is_written(tiny, overrides, error, told):
    config = tiny("pretrain.enabled=true", *overrides)
    for begin in (lambda: run_fold(config, 0, Silent()), lambda: pretrain_run(config, 0, Silent())):
        with pytest.raises(error, match=told):
            begin()
    assert not config.run.directory.exists()


def test_one_patient_is_not_enough(tiny, tmp_path, scan_paths):
    table = tmp_path / "one.csv"
    table.write_text(f"path,patient_id\n{scan_paths[0]},p1\n{scan_paths[1]},p1\n")
    with pytest.raises(ScanError, match=r"2 usable scans of 1 patient are too few .* would learn that patient"):
        pretrain_alone(tiny(*SHORT, f"data.unlabelled={table}"), Silent())


def test_an_encoder_of_other_settings_is_not_taken_for_this_one(tiny, scan_paths):
    config = tiny(*SHORT, f"data.unlabelled={scan_paths[0].parent}")
    pretrain_alone(config, Silent())
    with pytest.raises(RunError, match=r"differs in pretrain.loss"):
        pretrain_alone(tiny(*SHORT, "pretrain.loss=l1", f"data.unlabelled={scan_paths[0].parent}"), Silent())


def test_a_record_names_what_the_encoder_has_seen(tiny, scan_paths):
    config = tiny(*SHORT, f"data.unlabelled={scan_paths[0].parent}")
    pretrain_alone(config, Silent())
    told = json.loads(FoldDirectory(config.run.directory).encoder_json.read_text())
    assert {scan["scan_id"] for scan in told["scans"]} == {path.stem for path in scan_paths}
    assert all(len(scan["sha256"]) == 64 for scan in told["scans"])


@pytest.fixture
def archive(tiny, tmp_path):
    """A configuration with a table of unlabelled scans, whose patients nobody told, and how to tell them."""
    paths = sorted(write_other_phantoms(tmp_path).glob("*.nrrd"))
    table = tmp_path / "archive.csv"

    def tell(patients, without=0):
        rows = [f"{path},{patient}" for path, patient in zip(paths, patients, strict=False)]
        table.write_text("\n".join(["path,patient_id", *rows[without:]]) + "\n")

    tell([""] * 4)
    return tiny(*SHORT, "pretrain.enabled=true", "training.epochs=1", f"data.unlabelled={table}"), tell


def test_a_pretraining_does_not_go_on_with_other_scans_than_it_began_with(archive, monkeypatch):
    config, tell = archive
    save = pretraining.save_autoencoder
    monkeypatch.setattr(pretraining, "save_autoencoder", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        pretrain_run(config, 0, Silent())
    monkeypatch.setattr(pretraining, "save_autoencoder", save)
    tell([""] * 4, without=1)
    with pytest.raises(RunError, match=r"was begun with other scans than there are now: 1 scan came or went, such as"):
        pretrain_run(config, 0, Silent())
    tell([""] * 4)
    [record] = pretrain_run(config, 0, Silent()).values()
    assert sum(not scan.is_labelled for scan in record.scans) == 4


def test_a_patient_who_is_told_later_and_is_held_out_stops_the_fold(archive):
    config, tell = archive
    pretrain_run(config, 0, Silent())
    held_out = sorted(prepare_run(config, Silent(), 0).folds.held_out(0))
    tell([held_out[0], "", "", ""])
    with pytest.raises(
        FoldError,
        match=r"has seen 1 scan of patients that fold 0 holds out, such as .* of patient .*--fold 0 --restart",
    ):
        run_fold(config, 0, Silent())


def test_a_finished_encoder_needs_its_unlabelled_scans_no_more(archive):
    config, _ = archive
    pretrain_run(config, 0, Silent())
    config.data.unlabelled.unlink()
    run_fold(config, 0, Silent())
    assert RunDirectory(config.run.directory).fold(0).is_finished


def test_strict_speaks_of_a_finished_encoder_too_and_a_training_that_began_keeps_it(tiny, phantom_study):
    config = tiny(*SHORT, "training.epochs=1", f"data.unlabelled={phantom_study.parent / 'scans'}")
    pretrain_run(config, 0, Silent())
    with pytest.raises(ScanError, match="may not be pretrained on"):
        pretrain_run(config, 0, Silent(), strict=True)
    checkpoint = RunDirectory(config.run.directory).fold(0).checkpoint
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    checkpoint.write_bytes(b"a training that was cut off")
    with pytest.raises(RunError, match=r"was trained from its encoder, in whole or in part"):
        pretrain_run(config, 0, Silent(), restart=True)


def test_weights_take_along_what_they_have_seen_and_trust_is_told(tiny, tmp_path, phantom_study):
    out = tmp_path / "encoder"
    pretrain_alone(tiny(*SHORT, f"data.unlabelled={phantom_study.parent / 'scans'}", f"run.directory={out}"), Silent())
    alone = shutil.copy(FoldDirectory(out).encoder_weights, tmp_path / "copy.safetensors")
    with pytest.raises(FoldError, match=r"copy.safetensors has seen \d+ scans of patients that fold 0 holds out"):
        run_fold(tiny(f"model.encoder_weights={alone}"), 0, Silent())
    bare = tmp_path / "model.safetensors"
    save_file(load_file(alone), bare)
    bare.with_suffix(".json").write_text("{}")  # the record of something else
    heard = Heard()
    run_fold(tiny("training.epochs=1", f"model.encoder_weights={bare}"), 0, heard)
    assert any("nothing tells which scans they have seen" in told for told in heard.sentences)


def write_other_phantoms(tmp_path):
    from volest.phantoms.population import PRESETS
    from volest.phantoms.study import write_phantoms

    few = replace(
        PRESETS["small"], patients=2, scans=4, shape=(24, 24, 24), spacing_mm=(3.4, 4.1), samples=(36, 32, 32)
    )
    return write_phantoms(few, tmp_path / "others", seed=9).parent / "scans"
