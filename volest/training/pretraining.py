"""Training of one autoencoder, from scans to the averaged weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from lightning.pytorch import LightningModule, Trainer
from torch import nn

from volest.config.pretraining import FinetuneConfig
from volest.config.schema import Config, TrainingConfig
from volest.errors import ConfigError, ModelError
from volest.geometry import Grid, Shape
from volest.models.autoencoder import Autoencoder, build_autoencoder
from volest.models.deep_ensemble import DeepEnsemble
from volest.models.memory_format import to_channels_last
from volest.models.output_shape import output_shape
from volest.models.registry import build_network
from volest.progress import Progress, Step
from volest.records.run import FoldDirectory
from volest.training.checkpoint import read_checkpoint
from volest.training.dataset import EpochBatches
from volest.training.epoch_log import EpochLog
from volest.training.machine import choose_device
from volest.training.pretraining_board import PretrainingBoard
from volest.training.reconstruction import Reconstruction, ReconstructionScans, UnlabelledExample
from volest.training.seeding import seed_torch
from volest.training.trainer import batch_loader, build_trainer, run_trainer

FEWEST_FOR_BATCH_NORM = 8
"""Scans in a batch, below which batch statistics are mostly noise (Wu & He 2018, figure 1)."""

WITHOUT_FOLD = -1


@dataclass(frozen=True)
class PretrainingData:
    """What an autoencoder trains on."""

    scans: Sequence[UnlabelledExample]
    grid: Grid


def pretrain(
    config: Config, fold: int | None, data: PretrainingData, directory: FoldDirectory, progress: Progress
) -> Autoencoder:
    """Train, or go on from the checkpoint in `directory` if there is one; the network with its final weights.

    Args:
        config: the experiment.
        fold: whose training scans these are; None where there is no fold.
        data: the scans.
        directory: takes checkpoint, curves and events.
        progress: told how it goes.

    Raises:
        ConfigError: a batch larger than the scans.
        ModelError: as `build_pretrainable`.
        TrainingError: the loss is not finite.
        RunError: the checkpoint is damaged.
        KeyboardInterrupt: Ctrl-C; the checkpoint of the last whole epoch is kept.
    """
    training = schedule_of(config)
    require_batches(config, len(data.scans))
    if training.threads is not None:
        torch.set_num_threads(training.threads)
    seed_torch(config.seed, "autoencoder", WITHOUT_FOLD if fold is None else fold)
    network = build_pretrainable(config, data.grid.shape)
    if training.channels_last:
        to_channels_last(network)
    told = "pretraining" if fold is None else f"fold {fold}: pretraining"
    scans = _scans(config, data)
    checkpoint = read_checkpoint(directory.checkpoint)
    done = int(checkpoint["epoch"]) + 1 if checkpoint else 0
    order = EpochBatches(len(scans), training.batch_size, config.seed, done)
    loader = batch_loader(scans, order, workers=0, pin_memory=False)
    module = Reconstruction(network, training, config.pretrain.loss, len(loader), told)
    with (
        PretrainingBoard(directory.path, config, scans, first_epoch=done) as board,
        progress.task(told, training.epochs * len(loader), done * len(loader)) as step,
    ):
        if checkpoint and done == training.epochs:  # Lightning would leave the moving weights, not their average
            module.load_state_dict(checkpoint["state_dict"])
        else:
            log = _Log(config, directory, board, step)
            trainer = build_trainer(training, directory.checkpoint, [log], len(loader))
            run_trainer(trainer, module, loader, None, directory.checkpoint if done else None)
        network.cpu().eval()
        board.embedding(latents_of(network, _scans(config, data, plain=True), training.batch_size))
    return network


def build_pretrainable(config: Config, shape: Shape) -> Autoencoder:
    """The autoencoder of a configuration.

    Raises:
        ModelError: the encoder has no spatial features, fewer numbers than the latent, or batch norm over batches that
            are too small for it; or the autoencoder cannot be built, or cannot take a single raster.
    """
    network = build_network(config.model.model_copy(update={"members": 1}), shape)
    assert not isinstance(network, DeepEnsemble)
    batch_size = config.pretrain.batch_size
    normed = [name for name, module in network.encoder.named_modules() if isinstance(module, nn.BatchNorm3d)]
    if normed and batch_size < FEWEST_FOR_BATCH_NORM:
        raise ModelError(
            f"model.name {config.model.name!r} has batch norm ({normed[0]} and {len(normed) - 1} more), whose "
            f"statistics are noise in batches of {batch_size}. Set pretrain.batch_size to {FEWEST_FOR_BATCH_NORM} or "
            "more, or take resnet with model.norm: group."
        )
    autoencoder = build_autoencoder(network.encoder, config.pretrain.latent, shape, config.model.name)
    output_shape(autoencoder, shape, config.model.name)
    return autoencoder


def require_batches(config: Config, scans: int) -> None:
    """Raise ConfigError where a batch is larger than the training set."""
    if config.pretrain.batch_size > scans:
        raise ConfigError(
            f"pretrain.batch_size {config.pretrain.batch_size} is larger than the {scans} scans there are to pretrain "
            "on. Lower it, or name more scans in data.unlabelled."
        )


def schedule_of(config: Config) -> TrainingConfig:
    """Machine and precision of the training, with the schedule of the pretraining."""
    own = ("epochs", "batch_size", "learning_rate", "warmup_epochs", "weight_decay", "ema_decay")
    update = {name: getattr(config.pretrain, name) for name in own}
    fixed = {"accumulate": 1, "optimizer": "adamw", "schedule": "cosine", "swa_start": None}
    fixed |= {"finetune": FinetuneConfig()}  # that of the fold, whose encoder may be frozen once it has learnt
    return config.training.model_copy(update={**update, **fixed})


@torch.no_grad()
def latents_of(network: Autoencoder, scans: ReconstructionScans, batch_size: int) -> np.ndarray:
    """The latent of every scan as it is, (scans, latent); a whole feature map is averaged over space."""
    latents = []
    for start in range(0, len(scans), batch_size):
        seen, _, _ = scans[[(0, n) for n in range(start, min(start + batch_size, len(scans)))]]
        seen = seen.cpu()
        latents.append(network.encode(seen) if network.latent else network.encoder(seen).mean(dim=(2, 3, 4)))
    return torch.cat(latents).float().numpy()


def _scans(config: Config, data: PretrainingData, plain: bool = False) -> ReconstructionScans:
    """As the training sees them; `plain` as they are."""
    device = choose_device(config.training)
    augmentation = config.augmentation if config.augmentation.enabled and not plain else None
    variant = config.pretrain.model_copy(update={"variant": "plain"}) if plain else config.pretrain
    place = "cpu" if device == "mps" else device  # which lacks the resampling in 3D
    return ReconstructionScans(data.scans, augmentation, variant, config.seed, place, config.training.memory_gib)


class _Log(EpochLog):
    """Writes each epoch, shows it, and tells the watcher."""

    def __init__(self, config: Config, directory: FoldDirectory, board: PretrainingBoard, step: Step) -> None:
        super().__init__(config.seed, directory.history)
        self.board = board
        self.step = step
        self.epochs = config.pretrain.epochs
        self.note = ""

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        assert isinstance(pl_module, Reconstruction)
        self.tally.batch_done(float(outputs["loss"]), len(batch[0]), pl_module.gradient_norm)
        if not trainer.is_last_batch:  # the last step of an epoch is told with its loss
            self.step(self.note)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        assert isinstance(pl_module, Reconstruction)
        row = {"epoch": float(trainer.current_epoch), **self.tally.row()}
        row["learning_rate"] = float(trainer.optimizers[0].param_groups[0]["lr"])
        self.write(row)
        self.board.epoch(row, pl_module.network)
        self.note = f"epoch {trainer.current_epoch + 1}/{self.epochs}  loss {row['train_loss']:.4f}"
        self.step(self.note)
