"""The curves of a fold: one row an epoch, in both modes, and what the epoch cost."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from lightning.pytorch import Callback, LightningModule, Trainer

from volest.evaluation import metrics
from volest.records.history import Row, write_history
from volest.records.model import TargetScaling
from volest.training.dataset import Example
from volest.training.module import VolumeRegression
from volest.training.seeding import seed_torch

PARTS = ("train", "val")


@dataclass(frozen=True)
class PartPredictions:
    """What the averaged weights say of one part after an epoch, in mL, in the order of its scans."""

    predicted_ml: Float[np.ndarray, " scans"]
    reference_ml: Float[np.ndarray, " scans"]
    patient_ids: Sequence[str]


EpochListener = Callable[[Row, dict[str, PartPredictions]], None]


class Curves(Callback):
    """Measures each epoch and writes `history.csv`; the rows travel in the checkpoint, so a resumed fold goes on."""

    def __init__(
        self,
        examples: dict[str, Sequence[Example]],
        target: TargetScaling,
        seed: int,
        history: Path,
        listeners: Sequence[EpochListener],
    ) -> None:
        self.examples = examples
        self.target = target
        self.seed = seed
        self.history = history
        self.listeners = listeners
        self.rows: list[dict[str, float]] = []
        self._epoch = _EpochTally()

    def state_dict(self) -> dict[str, Any]:
        """The rows so far."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on after the rows of the checkpoint."""
        self.rows = list(state_dict["rows"])

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock; what an epoch draws at random depends on (seed, epoch) alone."""
        seed_torch(self.seed, trainer.current_epoch)
        self._epoch = _EpochTally()

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """The time since the last step ended was spent waiting for this batch."""
        self._epoch.batch_arrived()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Add the step to the tally."""
        assert isinstance(pl_module, VolumeRegression)
        loss = float(outputs["loss"]) * trainer.accumulate_grad_batches  # by which Lightning has divided it
        self._epoch.batch_done(loss, len(batch[0]), pl_module.gradient_norm)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the row, then tell the listeners."""
        assert isinstance(pl_module, VolumeRegression)
        parts = {name: self._part(name, pl_module.predicted[n]) for n, name in enumerate(PARTS)}
        row = {"epoch": float(trainer.current_epoch), **self._epoch.row(), **_scores(parts)}
        row["learning_rate"] = float(trainer.optimizers[0].param_groups[0]["lr"])
        self.rows.append(row)
        write_history(self.rows, self.history)
        for listener in self.listeners:
            listener(row, parts)

    def _part(self, name: str, predicted: Sequence[torch.Tensor]) -> PartPredictions:
        examples = self.examples[name]
        targets = torch.cat(list(predicted)).tolist()
        return PartPredictions(
            np.array([self.target.decode(z, e.fov_ml) for z, e in zip(targets, examples, strict=True)]),
            np.array([example.volume_ml for example in examples]),
            [example.patient_id for example in examples],
        )


def _scores(parts: dict[str, PartPredictions]) -> dict[str, float]:
    scores = {}
    for name, part in parts.items():
        pair = (part.predicted_ml, part.reference_ml)
        scores[f"{name}_mae_ml"] = metrics.mean_absolute_error(*pair)
        scores[f"{name}_rmse_ml"] = metrics.root_mean_square_error(*pair)
        scores[f"{name}_r2"] = metrics.r2(*pair)
        scores[f"{name}_mape_percent"] = metrics.mean_absolute_percentage_error(*pair)
    return scores


class _EpochTally:
    """Sums over the steps of one epoch; evaluation is not part of the time."""

    def __init__(self) -> None:
        self.started = self.last_step = time.perf_counter()
        self.waited = self.loss = self.gradient_norm = 0.0
        self.samples = self.moves = 0

    def batch_arrived(self) -> None:
        self.waited += time.perf_counter() - self.last_step

    def batch_done(self, loss: float, samples: int, gradient_norm: float | None) -> None:
        self.last_step = time.perf_counter()
        self.loss += loss * samples
        self.samples += samples
        if gradient_norm is not None:
            self.moves += 1
            self.gradient_norm += gradient_norm

    def row(self) -> dict[str, float]:
        training = max(self.last_step - self.started, 1e-9)
        return {
            "train_loss": self.loss / max(self.samples, 1),
            "gradient_norm": self.gradient_norm / max(self.moves, 1),
            "samples_per_s": self.samples / training,
            "loader_wait_share": self.waited / training,
            "seconds": time.perf_counter() - self.started,
        }
