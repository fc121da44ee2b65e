"""The state of a fold after each epoch, to go on from after an interruption."""

from pathlib import Path

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint

from volest.records import atomic


class LastCheckpoint(Checkpoint):
    """Writes the trainer's state after every epoch, in one step; Lightning runs it after all other callbacks."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Replace the checkpoint of the epoch before."""
        with atomic.replacing(self.path) as temporary:
            trainer.save_checkpoint(temporary)
