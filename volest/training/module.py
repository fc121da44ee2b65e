"""The network with its loss, optimiser and schedule, as Lightning drives it."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from lightning.pytorch import LightningModule
from torch import Tensor, nn

from volest.config.schema import TrainingConfig
from volest.errors import TrainingError
from volest.models.deep_ensemble import Network
from volest.models.mask_head import occupancy_loss

DRAWN_VOLUME_WEIGHT = 0.1
"""Of the volume of a map, against its voxels: where a mask teaches them, the volume follows."""

LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "huber": lambda predicted, target: F.smooth_l1_loss(predicted, target, beta=0.5),
    "l1": F.l1_loss,
    "mse": F.mse_loss,
}


class VolumeRegression(LightningModule):
    """Learns standardised targets from voxels (batch, 1, i, j, k)."""

    def __init__(self, network: Network, config: TrainingConfig, fold: int, steps_per_epoch: int) -> None:
        super().__init__()
        self.network = network
        self.config = config
        self.fold = fold
        self.steps_per_epoch = steps_per_epoch
        self.loss = LOSSES[config.loss]
        self.gradient_norm: float | None = None
        self.predicted: tuple[list[Tensor], list[Tensor]] = ([], [])

    def forward(self, voxels: Tensor) -> Tensor:
        """Standardised targets, one per scan."""
        return self.network(self._arranged(voxels))

    def training_step(self, batch: Sequence[Tensor], batch_idx: int) -> Tensor:
        """Loss of one augmented batch: voxels (batch, 1, i, j, k), targets (batch,), and occupancy where it is learnt.

        Raises:
            TrainingError: the loss is not finite; the checkpoint of the last whole epoch stays as it is.
        """
        voxels, target, *occupancy = batch
        self.gradient_norm = None  # until the optimiser moves, which it may not where gradients are summed
        seen = self.network.observe(self._arranged(voxels))
        target = target[:, None].expand_as(seen.regressed)
        loss = self.loss(seen.regressed, target)
        if seen.occupancy is not None and seen.drawn is not None:
            of_map = occupancy_loss(seen.occupancy, *occupancy) + DRAWN_VOLUME_WEIGHT * self.loss(seen.drawn, target)
            loss = loss + self.config.mask_weight * of_map
        if not torch.isfinite(loss):
            raise self._diverged(f"the loss became {loss.item()} in epoch {self.current_epoch}, step {batch_idx}")
        return loss

    def on_validation_epoch_start(self) -> None:
        """Forget the predictions of the epoch before."""
        self.predicted = ([], [])

    def validation_step(self, voxels: Tensor, batch_idx: int, dataloader_idx: int = 0) -> None:
        """Keep the predictions of training scans (loader 0) and held-out scans (loader 1)."""
        self.predicted[dataloader_idx].append(self(voxels).float().cpu())

    def on_validation_epoch_end(self) -> None:
        """Stop before weights that are not finite become a checkpoint: the last step of an epoch is in no loss.

        Raises:
            TrainingError: a prediction is not finite; the checkpoint of the epoch before stays as it is.
        """
        if not all(torch.isfinite(batch).all() for part in self.predicted for batch in part):
            raise self._diverged(f"after epoch {self.current_epoch} the network predicts what is no finite number")

    def configure_gradient_clipping(self, optimizer: Any, *_: Any, **__: Any) -> None:
        """Clip, and remember the norm before clipping."""
        limit = self.config.gradient_clip or math.inf
        self.gradient_norm = float(nn.utils.clip_grad_norm_(self.network.parameters(), limit))

    def configure_optimizers(self) -> Any:
        """AdamW; linear warm-up, then cosine to zero, by step."""
        decayed = [p for p in self.network.parameters() if p.ndim > 1]
        kept = [p for p in self.network.parameters() if p.ndim <= 1]  # norms and biases: decay would only move the mean
        optimizer = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": self.config.weight_decay}, {"params": kept, "weight_decay": 0.0}],
            lr=self.config.learning_rate,
        )
        # Checkpoints pickle whatever a bound method carries, and nothing of a function.
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: self._share_of_peak(step))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _arranged(self, voxels: Tensor) -> Tensor:
        return voxels.contiguous(memory_format=torch.channels_last_3d) if self.config.channels_last else voxels

    def _diverged(self, what: str) -> TrainingError:
        return TrainingError(
            f"fold {self.fold}: {what}. The checkpoint of the epoch before it is kept. Lower training.learning_rate "
            f"(now {self.config.learning_rate:g}), set training.gradient_clip, or use precision fp32."
        )

    def _share_of_peak(self, step: int) -> float:
        total = self.config.epochs * self.steps_per_epoch
        warmup = min(self.config.warmup_epochs * self.steps_per_epoch, total / 2)
        return min(1.0, (step + 1) / max(warmup, 1)) * 0.5 * (1 + math.cos(math.pi * min(1.0, step / total)))
