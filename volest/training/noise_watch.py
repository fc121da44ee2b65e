"""The gradient noise scale of a training, measured once an epoch beside it."""

from collections.abc import Sequence
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor, nn

from volest.evaluation.gradient_noise import GradientMoments
from volest.training.module import VolumeRegression

SCANS = 8
"""Measured in an epoch, batch by batch."""

FEWEST = 4
"""Of one measurement."""


class NoiseWatch(Callback):
    """Takes the gradients of the first scans of an epoch one by one; nothing of the training is changed by it.

    Where the network normalises over a batch a single scan has no gradient of its own: pairs are taken there.
    """

    def __init__(self) -> None:
        self.moments: GradientMoments | None = None
        self._scans: list[Sequence[Tensor]] = []
        self._measured = 0

    def noise_scale(self) -> float:
        """Of the running means so far, in scans; NaN before the first measurement."""
        return self.moments.noise_scale if self.moments else float("nan")

    def state_dict(self) -> dict[str, Any]:
        """The running means."""
        return {"moments": None if self.moments is None else (self.moments.signal, self.moments.noise)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on after those of the checkpoint."""
        self.moments = None if state_dict["moments"] is None else GradientMoments(*state_dict["moments"])

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Wait for the first scans."""
        self._scans, self._measured = [], 0

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Measure before the weights have moved by these scans, which would turn their gradients away from them."""
        if self._measured >= SCANS:
            return
        self._scans += list(zip(*(part.split(1) for part in batch), strict=True))[: SCANS - self._measured]
        if len(self._scans) < FEWEST:  # batches of one or two: the earlier ones have moved the weights
            return
        assert isinstance(pl_module, VolumeRegression)
        with trainer.precision_plugin.forward_context():
            found = measure(pl_module, self._scans)
        self.moments = found.after(self.moments) if found else self.moments
        self._measured += len(self._scans)
        self._scans = []


def measure(module: VolumeRegression, scans: Sequence[Sequence[Tensor]]) -> GradientMoments | None:
    """Signal and noise at the present weights; None with too few scans for two gradients."""
    size = 2 if any(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in module.network.modules()) else 1
    batches = [scans[n : n + size] for n in range(0, len(scans) - size + 1, size)]
    if len(batches) < 2:
        return None
    buffers = {name: buffer.clone() for name, buffer in module.network.named_buffers()}
    with torch.random.fork_rng():
        gradients = (_gradient(module, [torch.cat(parts) for parts in zip(*b, strict=True)]) for b in batches)
        total, squares = torch.zeros(()), 0.0
        for gradient in gradients:  # one at a time: each is as large as the network
            total = total.to(gradient) + gradient
            squares += float(gradient.square().sum())
    for name, buffer in module.network.named_buffers():
        buffer.copy_(buffers[name])
    n = len(batches)
    return GradientMoments.estimated(squares / n, float((total / n).square().sum()), n, size)


def _gradient(module: VolumeRegression, batch: list[Tensor]) -> Tensor:
    weights = [p for p in module.network.parameters() if p.requires_grad]
    gradients = torch.autograd.grad(module.data_loss(batch), weights, allow_unused=True)
    return torch.cat([g.float().ravel() for g in gradients if g is not None])
