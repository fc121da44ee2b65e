"""Training of one fold, from examples to the averaged weights."""

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import nn
from torch.utils.data import BatchSampler, DataLoader

from volest.augmentation.backend import build_augmentation
from volest.config.schema import Config
from volest.errors import TrainingError
from volest.geometry import Grid, Shape
from volest.models.deep_ensemble import Network
from volest.models.mask_head import calibrate_mask_heads
from volest.models.memory_format import to_channels_last
from volest.models.output_shape import output_shape
from volest.models.registry import build_network
from volest.preprocessing.target import log_full
from volest.progress import Progress, Step
from volest.records.history import Row, read_history
from volest.records.model import TargetScaling
from volest.records.run import FoldDirectory
from volest.training import processes
from volest.training.checkpoint import read_checkpoint
from volest.training.compilation import Observe, compiled
from volest.training.curves import Curves, EpochListener, PartPredictions
from volest.training.dataset import EpochBatches, EvaluationScans, Example, Share, TrainingScans
from volest.training.live_findings import OverfittingWatch
from volest.training.loader_watch import LoaderWatch
from volest.training.machine import choose_device, choose_precision, choose_workers, free_memory
from volest.training.module import VolumeRegression
from volest.training.noise_watch import NoiseWatch
from volest.training.scan_stack import ScanStack
from volest.training.seeding import seed_torch
from volest.training.shared_norms import share_norms
from volest.training.tensorboard import TensorBoardWriter
from volest.training.trainer import batch_loader, build_trainer, run_trainer
from volest.wording import counted


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

    Where the device has too little memory for a batch, it sees the batch in pieces, whose gradients are summed.

    Raises:
        TrainingError: the loss is not finite, or the memory does not hold a single scan.
        RunError: the checkpoint is damaged.
        KeyboardInterrupt: Ctrl-C; the checkpoint of the last whole epoch is kept.
    """
    pieces, batch_size = 1, min(config.training.batch_size, len(data.training))
    while True:
        try:
            return _fit(config, fold, data, directory, progress, pieces)
        except torch.OutOfMemoryError as error:
            told = str(error).partition(". ")[0]
        if processes.count() > 1 or pieces >= batch_size:  # processes would not agree on the number of pieces
            raise TrainingError(_too_small(fold, math.ceil(batch_size / processes.count() / pieces), told))
        pieces = min(2 * pieces, batch_size)
        free_memory()
        progress.tell(
            f"fold {fold}: the device has too little memory for {batch_size} scans at once ({told}). It sees them in "
            f"{pieces} pieces from now on, whose gradients are summed: the batch stays as large, and takes longer."
        )


def _too_small(fold: int, scans: int, told: str) -> str:
    return (
        f"fold {fold}: the device has too little memory for {counted(scans, 'scan')} of a step ({told}). "
        "The checkpoint of the last whole epoch is kept. Lower preprocessing.voxel_budget or model.widths, set "
        "training.memory_gib to 0, lower training.batch_size and raise training.accumulate, or use another device."
    )


def _fit(
    config: Config, fold: int, data: FoldData, directory: FoldDirectory, progress: Progress, pieces: int
) -> nn.Module:
    if config.training.threads is not None:
        torch.set_num_threads(config.training.threads)
    network, scans = _first_network(config, fold, data), training_scans(data, config)
    checkpoint = read_checkpoint(directory.checkpoint)
    done = int(checkpoint["epoch"]) + 1 if checkpoint else 0
    share = Share(processes.number(), processes.count(), pieces)
    order = EpochBatches(len(scans), config.training.batch_size, config.seed, done, share)
    loader = _training_loader(scans, order, config)
    accumulate = config.training.accumulate * pieces
    steps_per_epoch = math.ceil(len(loader) / accumulate)
    targets = [data.target.encode(example.volume_ml, example.fov_ml) for example in data.training]
    module = VolumeRegression(network, config.training, fold, steps_per_epoch, data.target, targets, order)
    if checkpoint and done == config.training.epochs:  # Lightning would leave the moving weights, not their average
        module.load_state_dict(checkpoint["state_dict"])
        return network.eval()
    if config.training.compile:
        module.observe = _compiled(
            network, config, data.shape, math.ceil(config.training.batch_size / share.parts), progress
        )
    with (
        _tensorboard(directory, config, scans, first_epoch=done) as tensorboard,
        progress.task(f"fold {fold}: training", config.training.epochs * len(loader), done * len(loader)) as step,
    ):
        watcher = _ProgressCallback(step, config.training.epochs)
        listeners = [watcher.epoch]
        if tensorboard is not None:
            earlier = read_history(directory.history).head(done) if done else None
            overfitting = OverfittingWatch(config, fold, earlier, tensorboard.finding, progress.tell)
            waiting = LoaderWatch(config, fold, progress.tell)
            listeners = [tensorboard.epoch, overfitting.epoch, waiting.epoch, watcher.epoch]
        callbacks = [*_measuring(config, data, directory, listeners), watcher]
        schedule = config.training.model_copy(update={"accumulate": accumulate})
        trainer = build_trainer(schedule, directory.checkpoint, callbacks, steps_per_epoch)
        run_trainer(
            trainer,
            module,
            loader,
            _evaluation_loaders(scans, data.held_out, config, share),
            directory.checkpoint if done else None,
        )
    return module.network.cpu().eval()


def _first_network(config: Config, fold: int, data: FoldData) -> Network:
    """The network before its first step, in the memory format that the device likes."""
    seed_torch(config.seed, "weights", fold)
    network = build_network(config.model, data.shape)
    if config.model.mask_head:
        calibrate_mask_heads(network, log_full(data.target.kind, data.grid), data.target.mean, data.target.sd)
    network = share_norms(network, config, choose_device(config.training))
    if config.training.channels_last:
        to_channels_last(network)
    return network


def _measuring(
    config: Config, data: FoldData, directory: FoldDirectory, listeners: Sequence[EpochListener]
) -> list[Callback]:
    """What writes the curves, and what measures the gradient noise where that is asked for."""
    noise = NoiseWatch() if config.training.noise_scale else None
    scale = noise.noise_scale if noise else None
    examples = {"train": data.training, "val": data.held_out}
    recalibrate = config.training.recalibrate
    curves = Curves(examples, data.target, config.seed, directory.history, listeners, scale, recalibrate)
    return [curves, noise] if noise else [curves]  # curves first, as measuring is no waiting


def _compiled(network: Network, config: Config, shape: Shape, scans: int, progress: Progress) -> Observe:
    device = choose_device(config.training)
    example = torch.zeros((scans, 1, *shape), device=device)
    if config.training.channels_last:
        example = example.contiguous(memory_format=torch.channels_last_3d)
    return compiled(network.to(device), example, choose_precision(config.training, device), progress.tell)


def require_trainable(config: Config, shape: tuple[int, int, int]) -> None:
    """Ask for the device and build the network once, before anything is written for a fold.

    Raises:
        ConfigError: the device or the precision is not there on this machine, or a batch cannot be shared by as many
            processes as there are.
        ModelError: the network cannot be built or cannot take a single raster, or its weights do not fit.
    """
    device = choose_device(config.training)
    choose_precision(config.training, device)
    network = build_network(config.model, shape)
    output_shape(network, shape, config.model.name)
    share_norms(network, config, device)


def _tensorboard(
    directory: FoldDirectory, config: Config, scans: TrainingScans, first_epoch: int
) -> AbstractContextManager[TensorBoardWriter | None]:
    """The first process writes."""
    return TensorBoardWriter(directory.path, config, scans, first_epoch) if processes.is_first() else nullcontext()


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


def training_scans(data: FoldData, config: Config) -> TrainingScans:
    """The training scans of a fold, augmented as configured and held where batches are made."""
    augmentation = build_augmentation(config.augmentation) if config.augmentation.enabled else None
    memory = _memory(config)
    return TrainingScans(data.training, augmentation, data.target, config.seed, *memory)


def _memory(config: Config) -> tuple[str, float]:
    """Where cached scans are held, and how much of them, in GiB; workers read files, which they share."""
    if choose_workers(config.training, config.augmentation):
        return "cpu", 0.0
    device = choose_device(config.training)
    # Apple's device lacks the resampling in 3D.
    return "cpu" if device == "mps" else device, config.training.memory_gib


def _training_loader(scans: TrainingScans, order: EpochBatches, config: Config) -> DataLoader:
    workers = choose_workers(config.training, config.augmentation)
    return batch_loader(scans, order, workers, choose_device(config.training) == "cuda")


def _evaluation_loaders(
    scans: TrainingScans, held_out: Sequence[Example], config: Config, share: Share
) -> list[DataLoader]:
    """Of training and held-out scans: each process is given its part, without any scan twice."""
    stacks = scans.stack, ScanStack([example.voxels for example in held_out], *_memory(config))
    at_once = math.ceil(config.training.batch_size / share.parts)
    return [
        DataLoader(
            EvaluationScans(stack),
            batch_size=None,
            sampler=BatchSampler(
                processes.part_of(range(len(stack)), share.process, share.processes), at_once, drop_last=False
            ),
            generator=torch.Generator(),
        )
        for stack in stacks
    ]
