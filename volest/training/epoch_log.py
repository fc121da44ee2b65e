"""What any training writes of its epochs: loss, gradient, speed; a row each in `history.csv`."""

import time
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from volest.records.history import Row, write_history
from volest.training.gpu_load import GpuLoad, utilisation
from volest.training.processes import is_first, number
from volest.training.seeding import seed_torch


class EpochLog(Callback):
    """Times each epoch and keeps its rows; they travel in the checkpoint, so a resumed training goes on.

    Args:
        seed: what an epoch draws at random depends on (seed, epoch) alone.
        history: where the rows are written.
    """

    def __init__(self, seed: int, history: Path) -> None:
        self.seed = seed
        self.history = history
        self.rows: list[dict[str, float]] = []
        self.gpu = GpuLoad(None)
        self.tally = EpochTally(self.gpu)

    def state_dict(self) -> dict[str, Any]:
        """The rows so far."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on after the rows of the checkpoint."""
        self.rows = list(state_dict["rows"])

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Only now the device is known."""
        self.gpu = GpuLoad(utilisation(pl_module.device.type))

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock, and the random numbers of the epoch."""
        others = (number(),) if number() else ()  # what one process drops, another may keep
        seed_torch(self.seed, trainer.current_epoch, *others)
        self.tally = EpochTally(self.gpu)

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """The time since the last step ended was spent waiting for this batch."""
        self.tally.batch_arrived()

    def write(self, row: Row) -> None:
        """Add the row of the epoch that ends; the first process writes it."""
        self.rows.append(dict(row))
        if is_first():
            write_history(self.rows, self.history)


class EpochTally:
    """Sums over the steps of one epoch; evaluation is not part of the time.

    Args:
        gpu: how busy it is; its clock goes on from epoch to epoch, which may be shorter than it is asked often.
    """

    def __init__(self, gpu: GpuLoad) -> None:
        self.gpu = gpu
        self.started = self.last_step = time.perf_counter()
        self.waited = self.loss = self.penalty = self.gradient_norm = 0.0
        self.samples, self.moves = 0.0, 0

    def batch_arrived(self) -> None:
        """The time since the last step ended was spent waiting."""
        self.waited += time.perf_counter() - self.last_step

    def batch_done(self, loss: float, samples: float, gradient_norm: float | None, penalty: float = 0.0) -> None:
        """Add a step."""
        self.last_step = time.perf_counter()
        self.gpu.step()
        self.loss += loss * samples
        self.penalty += penalty * samples
        self.samples += samples
        if gradient_norm is not None:
            self.moves += 1
            self.gradient_norm += gradient_norm

    def row(self) -> dict[str, float]:
        """Means over the scans, or steps, of the epoch."""
        training = max(self.last_step - self.started, 1e-9)
        return {
            "train_loss": self.loss / max(self.samples, 1),
            "gradient_norm": self.gradient_norm / max(self.moves, 1),
            "penalty": self.penalty / max(self.samples, 1),
            "steps": float(self.moves),
            "samples_per_s": self.samples / training,
            "loader_wait_share": self.waited / training,
            "gpu_busy_share": self.gpu.share(),
            "seconds": time.perf_counter() - self.started,
        }
