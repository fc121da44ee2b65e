"""Steps of a training without its trainer: the network, loss, optimiser and precision of the configuration."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

import torch
from torch import Tensor

from volest.config import Config
from volest.geometry import Shape
from volest.models.memory_format import to_channels_last
from volest.models.registry import build_network
from volest.training.machine import LightningPrecision
from volest.training.module import VolumeRegression
from volest.training.seeding import seed_torch

MIXED: dict[str, torch.dtype] = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}


class Rehearsal:
    """A network that can be moved by single steps at the configured learning rate, without warm-up.

    Args:
        config: the experiment.
        shape: of the rasters.
        device: where it computes.
        precision: in which it computes.

    Raises:
        ModelError: the network cannot be built on this shape.
    """

    def __init__(self, config: Config, shape: Shape, device: str, precision: LightningPrecision) -> None:
        seed_torch(config.seed, "weights", 0)
        network = build_network(config.model, shape)
        if config.training.channels_last:
            to_channels_last(network)
        self.device, self.precision = device, precision
        self.module = VolumeRegression(network, config.training, fold=0, steps_per_epoch=1).to(device)
        self.optimizer = self.module.configure_optimizers()["optimizer"]
        for group in self.optimizer.param_groups:
            group["lr"] = config.training.learning_rate
        self.scaler = torch.amp.GradScaler(device, enabled=precision == "16-mixed")
        self.steps = 0

    def step(self, batch: Sequence[Tensor]) -> float:
        """Move the weights once; the loss before it.

        Args:
            batch: voxels (batch, 1, i, j, k) and standardised targets (batch,), on any device.

        Raises:
            TrainingError: the loss is not finite.
        """
        self.module.train()
        batch = [part.to(self.device) for part in batch]
        with self._autocast():
            loss = self.module.training_step(batch, self.steps)
        self.optimizer.zero_grad()
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self.optimizer)
        self.module.configure_gradient_clipping(self.optimizer)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.steps += 1
        return float(loss.detach())  # on a GPU this waits for the step to end

    @torch.no_grad()
    def predict(self, voxels: Tensor) -> list[float]:
        """Standardised targets of voxels (batch, 1, i, j, k), as an evaluation computes them."""
        self.module.eval()
        with self._autocast():
            predicted: list[float] = self.module(voxels.to(self.device)).float().cpu().tolist()
        return predicted

    @property
    def gradient_norm(self) -> float:
        """Of the last step, before clipping; not finite where mixed precision overflowed."""
        return float("nan") if self.module.gradient_norm is None else self.module.gradient_norm

    def _autocast(self) -> AbstractContextManager[object]:
        dtype = MIXED.get(self.precision)
        return torch.autocast(self.device, dtype=dtype or torch.bfloat16, enabled=dtype is not None)


@contextmanager
def limited_threads(count: int | None) -> Iterator[None]:
    """Compute with `count` threads, None for torch's choice; afterwards with as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
