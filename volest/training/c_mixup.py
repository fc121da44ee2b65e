"""Scans mixed with scans of like volume."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

BANDWIDTH = 0.5
"""Of the kernel that says what is alike, in standard deviations of the target."""


def mix_alike(batch: Sequence[Tensor], alpha: float, generator: torch.Generator | None = None) -> list[Tensor]:
    """C-Mixup (Yao et al., C-Mixup: Improving Generalization in Regression, 2022) within a batch.

    Each scan gets a partner with probability exp(-(y_i - y_j)^2 / (2 h^2)), itself among them, and both are mixed in a
    share from Beta(alpha, alpha). Plain mixup joins any two scans, and half of two structures is no structure of half
    the volume; of two that are alike it nearly is.

    Args:
        batch: voxels, targets (batch,), and whatever else goes with a scan; all are mixed alike.
        alpha: above 0.
        generator: of the partners; torch's global one by default. Shares come from the global one alone.
    """
    targets = batch[1]
    partners = torch.multinomial(_likeness(targets), 1, generator=generator)[:, 0]
    shares = torch.distributions.Beta(alpha, alpha).sample(targets.shape).to(targets)
    return [_mixed(part, partners, shares.reshape(-1, *[1] * (part.ndim - 1))) for part in batch]


def _likeness(targets: Float[Tensor, " batch"]) -> Float[Tensor, "batch batch"]:
    return torch.exp(-((targets[:, None] - targets[None, :]) ** 2) / (2 * BANDWIDTH**2))


def _mixed(part: Tensor, partners: Tensor, shares: Tensor) -> Tensor:
    return shares * part + (1 - shares) * part[partners]
