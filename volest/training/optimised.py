"""What every training of ours shares: optimiser, schedule, clipping, and the word when it diverges."""

import math
from collections.abc import Callable
from typing import Any

import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn

from volest.config.schema import TrainingConfig
from volest.errors import TrainingError
from volest.training.optimiser import build_optimiser, share_of_peak


class Optimised(LightningModule):
    """A network that learns by the optimiser and the schedule of a configuration.

    Args:
        network: what learns.
        config: how.
        steps_per_epoch: moves of the weights.
        section: of the configuration, and `told` what is trained: both for messages.
    """

    def __init__(
        self, network: nn.Module, config: TrainingConfig, steps_per_epoch: int, section: str, told: str
    ) -> None:
        super().__init__()
        self.network = network
        self.config = config
        self.steps_per_epoch = steps_per_epoch
        self.section = section
        self.told = told
        self.gradient_norm: float | None = None

    def configure_gradient_clipping(self, optimizer: Any, *_: Any, **__: Any) -> None:
        """Clip, and remember the norm before clipping."""
        limit = self.config.gradient_clip or math.inf
        self.gradient_norm = float(nn.utils.clip_grad_norm_(self.network.parameters(), limit))

    def configure_optimizers(self) -> Any:
        """The optimiser, and its schedule by step."""
        optimizer = build_optimiser(self.network, self.config)
        shares = [self._share_from(group["from_epoch"] * self.steps_per_epoch) for group in optimizer.param_groups]
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, shares)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def arranged(self, voxels: Tensor) -> Tensor:
        """In the order in which convolutions want them."""
        return voxels.contiguous(memory_format=torch.channels_last_3d) if self.config.channels_last else voxels

    def diverged(self, what: str) -> TrainingError:
        """The error that says so."""
        return TrainingError(
            f"{self.told}: {what}. The checkpoint of the epoch before it is kept. Lower {self.section}.learning_rate "
            f"(now {self.config.learning_rate:g}), set training.gradient_clip, or use precision fp32."
        )

    def _share_from(self, start: float) -> Callable[[int], float]:
        # Checkpoints pickle whatever a bound method carries, and nothing of a function.
        return lambda step: self._share_of_peak(step) if step >= start else 0.0

    def _share_of_peak(self, step: int) -> float:
        config, a_epoch = self.config, self.steps_per_epoch
        return share_of_peak(step, config.epochs * a_epoch, config.warmup_epochs * a_epoch, config.schedule)
