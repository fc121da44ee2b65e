"""Training of one fold, from examples to the averaged weights."""

import logging
import math
import signal
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import nn
from torch.utils.data import DataLoader

from volest.augmentation.pipeline import AugmentationPipeline
from volest.config.schema import Config
from volest.geometry import Grid, Shape
from volest.models.mask_head import calibrate_mask_heads
from volest.models.memory_format import to_channels_last
from volest.models.registry import build_network
from volest.preprocessing.target import log_full
from volest.progress import Progress, Step
from volest.records.history import Row, read_history
from volest.records.model import TargetScaling
from volest.records.run import FoldDirectory
from volest.training.averaging import moving_average
from volest.training.checkpoint import LastCheckpoint, read_checkpoint
from volest.training.curves import Curves, PartPredictions
from volest.training.dataset import EpochSampler, EvaluationScans, Example, TrainingScans
from volest.training.live_findings import OverfittingWatch
from volest.training.machine import choose_device, choose_precision, choose_workers
from volest.training.module import VolumeRegression
from volest.training.seeding import seed_torch
from volest.training.tensorboard import TensorBoardWriter


@dataclass(frozen=True)
class FoldData:
    """What one fold trains on and is watched on, with everything that was fitted on its training scans."""

    training: Sequence[Example]
    held_out: Sequence[Example]
    grid: Grid
    target: TargetScaling

    @property
    def shape(self) -> Shape:
        """Voxels along i, j, k that the network sees."""
        return self.grid.shape


def fit(config: Config, fold: int, data: FoldData, directory: FoldDirectory, progress: Progress) -> nn.Module:
    """Train, or go on from the checkpoint in `directory` if there is one; return the network with its final weights.

    Raises:
        TrainingError: the loss is not finite.
        RunError: the checkpoint is damaged.
        KeyboardInterrupt: Ctrl-C; the checkpoint of the last whole epoch is kept.
    """
    if config.training.threads is not None:
        torch.set_num_threads(config.training.threads)
    seed_torch(config.seed, "weights", fold)
    network = build_network(config.model, data.shape)
    if config.model.mask_head:
        calibrate_mask_heads(network, log_full(data.target.kind, data.grid), data.target.mean, data.target.sd)
    if config.training.channels_last:
        to_channels_last(network)
    scans = TrainingScans(data.training, _augmentation(config), data.target, config.seed)
    checkpoint = read_checkpoint(directory.checkpoint)
    done = int(checkpoint["epoch"]) + 1 if checkpoint else 0
    loader = _training_loader(scans, config, first_epoch=done)
    module = VolumeRegression(network, config.training, fold, math.ceil(len(loader) / config.training.accumulate))
    if checkpoint and done == config.training.epochs:  # Lightning would leave the moving weights, not their average
        module.load_state_dict(checkpoint["state_dict"])
        return network.eval()
    with (
        TensorBoardWriter(directory.path, config, scans, first_epoch=done) as tensorboard,
        progress.task(f"fold {fold}: training", config.training.epochs * len(loader), done * len(loader)) as step,
    ):
        watcher = _ProgressCallback(step, config.training.epochs)
        examples = {"train": data.training, "val": data.held_out}
        earlier = read_history(directory.history).head(done) if done else None
        overfitting = OverfittingWatch(config, fold, earlier, tensorboard.finding, progress.tell)
        listeners = [tensorboard.epoch, overfitting.epoch, watcher.epoch]
        curves = Curves(examples, data.target, config.seed, directory.history, listeners)
        trainer = _trainer(config, directory, [curves, watcher])
        _run(trainer, module, loader, _evaluation_loaders(data, config), directory.checkpoint if done else None)
    return module.network.cpu().eval()


def require_trainable(config: Config, shape: tuple[int, int, int]) -> None:
    """Ask for the device and build the network once, before anything is written for a fold.

    Raises:
        ConfigError: the device or the precision is not there on this machine.
        ModelError: the network cannot be built, or its weights do not fit.
    """
    choose_precision(config.training, choose_device(config.training))
    build_network(config.model, shape)


class _ProgressCallback(Callback):
    """Tells the watcher of each step, and of the scores after each epoch."""

    def __init__(self, step: Step, epochs: int) -> None:
        self.step = step
        self.epochs = epochs
        self.note = ""

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: object) -> None:
        if not trainer.is_last_batch:  # the last step of an epoch is told with the scores
            self.step(self.note)

    def epoch(self, row: Row, parts: dict[str, PartPredictions]) -> None:
        self.note = (
            f"epoch {int(row['epoch']) + 1}/{self.epochs}  loss {row['train_loss']:.3f}  "
            f"MAE train {row['train_mae_ml']:.1f}  held out {row['val_mae_ml']:.1f} mL"
        )
        self.step(self.note)


def _augmentation(config: Config) -> AugmentationPipeline | None:
    return AugmentationPipeline(config.augmentation) if config.augmentation.enabled else None


def _training_loader(scans: TrainingScans, config: Config, first_epoch: int) -> DataLoader:
    batch_size = min(config.training.batch_size, len(scans))
    workers = choose_workers(config.training, augmented=scans.augmentation is not None)
    return DataLoader(
        scans,
        batch_size=batch_size,
        sampler=EpochSampler(len(scans), config.seed, first_epoch),
        # A last batch of one scan has no batch statistics; another scan is left out in every epoch.
        drop_last=batch_size > 1 and len(scans) % batch_size == 1,
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=choose_device(config.training) == "cuda",
        generator=torch.Generator(),  # else each iterator draws from the global one, in a resumed epoch at another time
    )


def _evaluation_loaders(data: FoldData, config: Config) -> list[DataLoader]:
    return [
        DataLoader(EvaluationScans(part), batch_size=config.training.batch_size, generator=torch.Generator())
        for part in (data.training, data.held_out)
    ]


def _trainer(config: Config, directory: FoldDirectory, callbacks: list[Callback]) -> Trainer:
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    device = choose_device(config.training)
    if config.training.ema_decay:
        callbacks = [moving_average(config.training.ema_decay), *callbacks]
    return Trainer(
        accelerator="gpu" if device == "cuda" else device,
        devices=1,
        precision=choose_precision(config.training, device),
        max_epochs=config.training.epochs,
        accumulate_grad_batches=config.training.accumulate,
        callbacks=[*callbacks, LastCheckpoint(directory.checkpoint)],
        default_root_dir=directory.path,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
    )


def _run(
    trainer: Trainer,
    module: VolumeRegression,
    loader: DataLoader,
    evaluation: list[DataLoader],
    checkpoint: Path | None,
) -> None:
    on_interrupt = signal.getsignal(signal.SIGINT)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"lightning\..*")  # advice to its developers, not to our user
            trainer.fit(module, loader, evaluation, ckpt_path=checkpoint, weights_only=True)
    except SystemExit:
        if trainer.interrupted:  # Lightning turns Ctrl-C into an exit and then ignores further ones
            raise KeyboardInterrupt from None
        raise
    finally:
        if on_interrupt is not None:
            signal.signal(signal.SIGINT, on_interrupt)
