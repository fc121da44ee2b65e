"""The state of a fold after each epoch, to go on from after an interruption."""

import pickle
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint

from volest.errors import RunError
from volest.records import atomic


class LastCheckpoint(Checkpoint):
    """Writes the trainer's state after every epoch, in one step; Lightning runs it after all other callbacks."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Replace the checkpoint of the epoch before; where there are several processes, Lightning lets one write."""
        if not trainer.is_global_zero:
            trainer.save_checkpoint(self.path)
            return
        with atomic.replacing(self.path) as temporary:
            trainer.save_checkpoint(temporary)


def read_checkpoint(path: Path) -> dict[str, Any] | None:
    """What `LastCheckpoint` wrote, on the CPU; None where it wrote nothing. `state_dict` holds the averaged weights.

    Raises:
        RunError: the file is damaged.
    """
    if not path.exists():
        return None
    try:
        checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise RunError(f"{path} is damaged: {reason} Start the fold anew with `volest train --restart`.") from None
    return checkpoint
