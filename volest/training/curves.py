"""The curves of a fold: one row an epoch, in both modes, and what the epoch cost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from lightning.pytorch import LightningModule, Trainer

from volest.evaluation import metrics
from volest.records.history import Row
from volest.records.model import TargetScaling
from volest.training.dataset import Example
from volest.training.epoch_log import EpochLog
from volest.training.module import VolumeRegression
from volest.training.recalibration import recalibrated


@dataclass(frozen=True)
class PartPredictions:
    """What the averaged weights say of one part after an epoch, in mL, in the order of its scans."""

    predicted_ml: Float[np.ndarray, " scans"]
    reference_ml: Float[np.ndarray, " scans"]
    patient_ids: Sequence[str]


EpochListener = Callable[[Row, dict[str, PartPredictions]], None]


class Curves(EpochLog):
    """Measures each epoch and writes `history.csv`; the rows travel in the checkpoint, so a resumed fold goes on."""

    def __init__(
        self,
        examples: dict[str, Sequence[Example]],
        target: TargetScaling,
        seed: int,
        history: Path,
        listeners: Sequence[EpochListener],
        noise_scale: Callable[[], float] | None = None,
        recalibrate: bool = False,
    ) -> None:
        super().__init__(seed, history)
        self.examples = examples
        self.target = target
        self.recalibrate = recalibrate
        self.listeners = listeners
        self.noise_scale = noise_scale

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Add the step to the tally."""
        assert isinstance(pl_module, VolumeRegression)
        scans = pl_module.batches.scans_in(batch_idx) if pl_module.batches else len(batch[0])
        loss = pl_module.mean_loss - pl_module.penalty
        self.tally.batch_done(loss, scans, pl_module.gradient_norm, pl_module.penalty)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the row, then tell the listeners."""
        assert isinstance(pl_module, VolumeRegression)
        training, held_out = (torch.cat(batches).tolist() for batches in pl_module.predicted)
        target = self.target
        if self.recalibrate:
            target = recalibrated(target, training, self.examples["train"])
        told = {"train": training, "val": held_out}
        parts = {name: _part(examples, told[name], target) for name, examples in self.examples.items()}
        row = {"epoch": float(trainer.current_epoch), **self.tally.row(), **_scores(parts)}
        row["learning_rate"] = float(trainer.optimizers[0].param_groups[0]["lr"])
        if self.noise_scale is not None:
            row["gradient_noise_scale"] = self.noise_scale()
        self.write(row)
        for listener in self.listeners:
            listener(row, parts)


def _part(examples: Sequence[Example], predicted: Sequence[float], target: TargetScaling) -> PartPredictions:
    return PartPredictions(
        np.array([target.decode(z, e.fov_ml) for z, e in zip(predicted, examples, strict=True)]),
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
