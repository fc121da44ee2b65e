import math

import pytest
import torch

from volest.errors import ConfigError, ModelError, RunError, TrainingError
from volest.experiments import fold as folds
from volest.experiments.fold import run_fold
from volest.progress import Silent
from volest.records.history import read_history
from volest.records.run import RunDirectory
from volest.training import losses, module
from volest.training.checkpoint import read_checkpoint

MEASURED_TIMES = ["samples_per_s", "loader_wait_share", "gpu_busy_share", "seconds"]


@pytest.fixture
def train(tiny, finished_run):
    """Train fold 0 of the finished run anew, with overrides; the fold's directory."""

    def run(*overrides, resume=False):
        config = tiny(f"data.folds={finished_run.folds}", *overrides)
        directory = RunDirectory(config.run.directory).fold(0)
        run_fold(config, 0, Silent(), resume=resume)
        return directory

    return run


@pytest.fixture
def cut_off(tmp_path):
    """Where a training that did not end has left its files."""
    return RunDirectory(tmp_path / "run").fold(0)


def assert_same_training(one, other):
    assert one.weights.read_bytes() == other.weights.read_bytes()
    assert one.predictions.read_bytes() == other.predictions.read_bytes()
    curves = [read_history(directory.history).drop(columns=MEASURED_TIMES) for directory in (one, other)]
    assert curves[0].equals(curves[1])


@pytest.mark.parametrize("workers", [0, 2])
def test_the_same_seed_gives_the_same_training_whatever_the_number_of_workers(train, finished_run, workers):
    assert_same_training(train(f"training.workers={workers}"), finished_run.fold(0))


def test_another_seed_gives_other_weights(train, finished_run):
    assert train("seed=1").weights.read_bytes() != finished_run.fold(0).weights.read_bytes()


@pytest.mark.parametrize("epoch, step, workers", [(0, 1, 0), (1, 0, 0), (2, 1, 0), (1, 1, 2)])
def test_resuming_equals_not_stopping(train, finished_run, power_cut, epoch, step, workers):
    power_cut(epoch, step, lambda: train(f"training.workers={workers}"))
    assert_same_training(train(f"training.workers={workers}", resume=True), finished_run.fold(0))


def test_a_fold_cut_off_before_its_model_was_written_needs_no_further_epoch(train, finished_run, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(folds, "save_model", lambda *_: (_ for _ in ()).throw(RunError("disk full")))
        with pytest.raises(RunError, match="disk full"):
            train()
    assert_same_training(train(resume=True), finished_run.fold(0))


def test_the_moving_weights_are_kept_where_no_average_is_asked_for(train, power_cut, tmp_path):
    plain = train("training.ema_decay=0", f"run.directory={tmp_path / 'plain'}")
    power_cut(1, 1, lambda: train("training.ema_decay=0"))
    assert_same_training(train("training.ema_decay=0", resume=True), plain)


def test_accumulated_steps_resume_too(train, power_cut, tmp_path):
    settings = ("training.accumulate=2", "model.norm=batch")
    whole = train(*settings, f"run.directory={tmp_path / 'whole'}")
    power_cut(2, 1, lambda: train(*settings))
    assert_same_training(train(*settings, resume=True), whole)


def test_a_damaged_checkpoint_is_named(train, cut_off, power_cut):
    power_cut(1, 0, train)
    cut_off.checkpoint.write_bytes(cut_off.checkpoint.read_bytes()[:1000])
    with pytest.raises(RunError, match=r"last\.ckpt is damaged: .* `volest train --restart`"):
        train(resume=True)


def test_a_loss_that_is_not_finite_keeps_the_last_good_checkpoint(train, cut_off, finished_run, monkeypatch):
    steps = []

    def failing(predicted, target):
        steps.append(target)
        return losses.huber(predicted, target) * (math.nan if len(steps) == 5 else 1)

    with monkeypatch.context() as patch:
        patch.setitem(losses.LOSSES, "huber", failing)
        with pytest.raises(TrainingError, match=r"fold 0: the loss became nan in epoch 2, step 2\. .* Lower training"):
            train()
    checkpoint = read_checkpoint(cut_off.checkpoint)
    assert checkpoint["epoch"] == 0
    assert all(torch.isfinite(tensor).all() for tensor in checkpoint["state_dict"].values())
    assert not cut_off.is_finished
    assert_same_training(train(resume=True), finished_run.fold(0))


@pytest.mark.parametrize("ema", [0, 0.99])
def test_weights_that_burst_in_the_last_step_of_an_epoch_are_not_kept(train, cut_off, monkeypatch, ema):
    """No loss shows it: the next one would be computed after the checkpoint."""
    clip = module.VolumeRegression.configure_gradient_clipping

    def bursting(self, *arguments, **named):
        clip(self, *arguments, **named)
        if self.current_epoch == 1:
            next(self.network.parameters()).grad.fill_(math.nan)

    monkeypatch.setattr(module.VolumeRegression, "configure_gradient_clipping", bursting)
    with pytest.raises(TrainingError, match="after epoch 2 the network predicts what is no finite number"):
        train("training.batch_size=6", f"training.ema_decay={ema}")
    assert read_checkpoint(cut_off.checkpoint)["epoch"] == 0
    assert len(read_history(cut_off.history)) == 1


def test_an_absurd_learning_rate_is_told_so(train, cut_off):
    with pytest.raises(TrainingError, match=r"Lower training\.learning_rate \(now 1e\+30\)"):
        train("training.learning_rate=1e30", "training.gradient_clip=null", "training.warmup_epochs=0")
    assert not cut_off.is_finished


@pytest.mark.parametrize(
    ("override", "error", "message"),
    [
        ("model.name=timm:resnet19", ModelError, "timm-3d has no encoder 'resnet19'"),
        ("model.name=monai:Nonsense", ModelError, "MONAI has no network 'Nonsense'"),
        ("model.encoder_weights=gone.pt", ModelError, r"gone\.pt does not exist"),
        ("training.precision=fp16", ConfigError, "fp16 needs a GPU"),
        ("model.widths=[8, 8, 8, 8]", ModelError, "cannot take a raster of 16 x 16 x 16 voxels"),  # groups of one value
    ],
)
def test_what_cannot_be_trained_leaves_no_run_behind(train, cut_off, override, error, message):
    with pytest.raises(error, match=message):
        train(override)
    assert not cut_off.path.parent.exists()


@pytest.mark.parametrize("batch_size, norm", [(1, "group"), (5, "batch"), (6, "batch")])
def test_a_batch_of_any_size_up_to_all_scans_will_do(train, batch_size, norm):
    """Of 6 scans: a last batch of one, which has no batch statistics, is left out."""
    fold = train(f"training.batch_size={batch_size}", "training.epochs=1", f"model.norm={norm}")
    assert fold.is_finished
