"""Lightning's trainer as every training of ours wants it: silent, interruptible, and to be gone on with."""

import logging
import signal
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.strategies import DDPStrategy
from torch.utils.data import DataLoader, Dataset, Sampler

from volest.config.schema import TrainingConfig
from volest.training import processes
from volest.training.averaging import moving_average, stochastic_weight_average
from volest.training.checkpoint import LastCheckpoint
from volest.training.machine import choose_device, choose_precision


def build_trainer(config: TrainingConfig, checkpoint: Path, callbacks: list[Callback], steps_per_epoch: int) -> Trainer:
    """A trainer that averages the weights as configured and writes its state to `checkpoint` after every epoch."""
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    device = choose_device(config)
    if config.ema_decay:
        callbacks = [moving_average(config.ema_decay), *callbacks]
    if config.swa_start is not None:
        first_step = round(config.swa_start * config.epochs * steps_per_epoch)
        callbacks = [stochastic_weight_average(first_step), *callbacks]
    return Trainer(
        accelerator="gpu" if device == "cuda" else device,
        devices=processes.per_node(),
        num_nodes=processes.count() // processes.per_node(),
        strategy=_several() if processes.count() > 1 else "auto",
        precision=choose_precision(config, device),
        max_epochs=config.epochs,
        accumulate_grad_batches=config.accumulate,
        callbacks=[*callbacks, LastCheckpoint(checkpoint)],
        default_root_dir=checkpoint.parent,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
    )


def _several() -> DDPStrategy:
    """Buffers are not broadcast in each forward pass: parts of what is judged are of unlike numbers of batches."""
    return DDPStrategy(find_unused_parameters=True, broadcast_buffers=False)


def batch_loader(batches: Dataset, order: Sampler, workers: int, pin_memory: bool) -> DataLoader:
    """Of a dataset that makes whole batches, by the keys that `order` gives."""
    return DataLoader(
        batches,
        batch_size=None,
        sampler=order,
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=workers > 0 and pin_memory,
        generator=torch.Generator(),  # else each iterator draws from the global one, in a resumed epoch at another time
    )


def run_trainer(
    trainer: Trainer,
    module: LightningModule,
    loader: DataLoader,
    evaluation: Sequence[DataLoader] | None,
    checkpoint: Path | None,
) -> None:
    """Train, from `checkpoint` if there is one.

    Raises:
        KeyboardInterrupt: Ctrl-C.
    """
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
