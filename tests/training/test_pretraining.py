import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from volest.config.schema import ModelConfig
from volest.errors import ConfigError, ModelError, TrainingError
from volest.geometry import Grid
from volest.progress import Silent
from volest.records.history import read_history
from volest.records.run import FoldDirectory
from volest.training import reconstruction
from volest.training.pretraining import (
    PretrainingData,
    build_pretrainable,
    latents_of,
    pretrain,
    require_batches,
    schedule_of,
)
from volest.training.reconstruction import Reconstruction, ReconstructionScans, UnlabelledExample

SHAPE = (16, 16, 16)


@pytest.fixture
def data(tmp_path, rng):
    examples = []
    for n in range(5):
        path = tmp_path / f"{n}.npy"
        np.save(path, rng.uniform(0.1, 0.9, SHAPE).astype(np.float16))
        np.save(tmp_path / "field.npy", np.ones(SHAPE, dtype=np.float16))
        examples.append(UnlabelledExample(f"s{n}", f"p{n // 2}", path, tmp_path / "field.npy", 10.0 + n if n else None))
    return PretrainingData(examples, Grid(SHAPE, 2.0))


@pytest.fixture
def run(tiny, data, tmp_path):
    """Pretrain into a folder of that name."""

    def pretrain_into(name, *overrides):
        config = tiny("pretrain.latent=8", "pretrain.epochs=3", "pretrain.batch_size=2", *overrides)
        return pretrain(config, 0, data, FoldDirectory(tmp_path / name), Silent())

    return pretrain_into


def test_going_on_equals_never_stopping(run, tmp_path, monkeypatch):
    whole = run("whole")

    class PowerCutError(Exception):
        pass

    step = Reconstruction.training_step

    def dying(self, batch, batch_idx):
        if (self.current_epoch, batch_idx) == (1, 1):
            raise PowerCutError("power cut")
        return step(self, batch, batch_idx)

    with monkeypatch.context() as patch:
        patch.setattr(Reconstruction, "training_step", dying)
        with pytest.raises(PowerCutError, match="power cut"):
            run("cut")
    resumed, again = run("cut"), run("cut")
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name])
        assert torch.equal(tensor, again.state_dict()[name])
    curves = [read_history(FoldDirectory(tmp_path / name).history)["train_loss"].tolist() for name in ("whole", "cut")]
    assert curves[0] == curves[1]
    assert len(curves[0]) == 3


def test_tensorboard_shows_triptychs_the_loss_and_where_each_scan_lies(run, tmp_path):
    run("run")
    events = EventAccumulator(str(tmp_path / "run")).Reload()
    assert "optimisation/train_loss" not in events.Tags()["images"]
    assert len(events.Scalars("loss/train")) == 3
    [image] = [tag for tag in events.Tags()["images"] if tag.startswith("input, reconstruction, difference")]
    shown = events.Images(image)[-1]
    assert (shown.width, shown.height) == (9 * (16 + 2), 3 * (16 + 2))
    [metadata] = (tmp_path / "run").glob("*/latent/metadata.tsv")
    assert metadata.read_text().splitlines()[:3] == ["scan\tpatient\tvolume (mL)", "s0\tp0\t", "s1\tp0\t11.0"]
    [tensors] = (tmp_path / "run").glob("*/latent/tensors.tsv")
    assert len(tensors.read_text().splitlines()[0].split("\t")) == 8


def test_a_loss_that_is_not_finite_stops_and_tells_what_to_lower(run, monkeypatch):
    monkeypatch.setitem(reconstruction.RECONSTRUCTION_LOSSES, "mse", lambda *_: torch.tensor(float("nan")))
    with pytest.raises(
        TrainingError, match=r"fold 0: pretraining: the loss became nan .* Lower pretrain.learning_rate"
    ):
        run("run")


def test_a_batch_larger_than_the_scans_is_refused(tiny):
    with pytest.raises(ConfigError, match=r"pretrain.batch_size 9 is larger than the 8 scans"):
        require_batches(tiny("pretrain.batch_size=9"), 8)


def test_an_encoder_that_would_normalise_single_values_is_refused(tiny):
    config = tiny("model.widths=[8, 8, 8, 8]", "pretrain.latent=8")
    with pytest.raises(ModelError, match="cannot take a raster of 16 x 16 x 16 voxels"):
        build_pretrainable(config, (16, 16, 16))


def test_the_schedule_is_that_of_the_pretraining_and_the_machine_that_of_the_training(tiny):
    schedule = schedule_of(tiny("pretrain.epochs=7", "pretrain.learning_rate=0.5", "training.accumulate=3"))
    assert (schedule.epochs, schedule.learning_rate, schedule.accumulate, schedule.device) == (7, 0.5, 1, "cpu")


def test_an_encoder_that_the_fold_will_freeze_learns_in_its_pretraining(run):
    one, more = (run(f"epochs_{n}", "training.finetune.freeze=true", f"pretrain.epochs={n}") for n in (1, 2))
    assert any(not torch.equal(a, b) for a, b in zip(one.encoder.parameters(), more.encoder.parameters(), strict=True))


def test_without_a_latent_a_scan_lies_where_its_mean_features_are(run, data, tiny):
    network = run("run", "pretrain.latent=null", "pretrain.epochs=1")
    config = tiny("pretrain.variant=plain")
    scans = ReconstructionScans(data.scans, None, config.pretrain, seed=0)
    assert latents_of(network, scans, 2).shape == (5, 16)
    assert ModelConfig().widths[-1] != 16


SMALL = {"patients": 8, "scans": 16, "shape": (24, 24, 24), "spacing_mm": (3.4, 4.1), "samples": (36, 32, 32)}


@pytest.mark.slow
def test_denoising_brings_a_scan_nearer_to_the_clean_phantom_than_it_was(tiny, tmp_path):
    """Of scans that it has not seen, on the scale that their input tells; PSNR by scikit-image."""
    from dataclasses import replace

    from skimage.metrics import peak_signal_noise_ratio

    from volest.experiments.pretraining import unlabelled_example
    from volest.phantoms.population import PRESETS
    from volest.phantoms.study import write_phantoms
    from volest.preprocessing.cache import ScanCache
    from volest.records.manifest import read_manifest
    from volest.training.pretraining_board import reconstruct

    table = write_phantoms(replace(PRESETS["small"], **SMALL), tmp_path / "phantoms", seed=3)
    grid = Grid((24, 24, 24), 4.0)
    cache = ScanCache(tmp_path / "cache", grid, (0.0, 99.5))
    examples = [unlabelled_example(scan, scan.scan_id, cache) for scan in read_manifest(table)]
    settings = ("pretrain.latent=null", "pretrain.epochs=40", "pretrain.batch_size=4", "pretrain.variant=denoising")
    config = tiny(*settings, "pretrain.speckle.sd=[0.6, 0.6]", "model.stem_stride=1", "model.widths=[16, 16, 16, 16]")
    network = pretrain(config, 0, PretrainingData(examples[:12], grid), FoldDirectory(tmp_path / "run"), Silent())
    seen, target, fan = ReconstructionScans(examples[12:], None, config.pretrain, seed=1)[[(0, n) for n in range(4)]]
    reconstruction = reconstruct(network, seen)
    spread = float(target[fan].max() - target[fan].min())
    of_input, of_output = (
        peak_signal_noise_ratio(target[fan].numpy(), part[fan].numpy(), data_range=spread)
        for part in (seen, reconstruction)
    )
    assert of_output > of_input + 1.0
