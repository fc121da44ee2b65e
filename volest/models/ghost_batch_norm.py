"""Batch norm over parts of a batch."""

import torch
from torch import Tensor, nn


class GhostBatchNorm3d(nn.BatchNorm3d):
    """Each part of a batch is normalised by itself (Hoffer et al., Train longer, generalize better, 2017).

    A large batch then keeps the noise that small batches owe to their statistics. Evaluation takes the running
    statistics, which every part moves in turn, as a batch of its own would.

    Args:
        num_features: channels.
        ghost_batch_size: scans in a part; a remainder is spread over the parts, so that none is smaller.
    """

    def __init__(self, num_features: int, ghost_batch_size: int) -> None:
        super().__init__(num_features)
        self.ghost_batch_size = ghost_batch_size

    def forward(self, input: Tensor) -> Tensor:
        """Normalise (batch, channels, i, j, k)."""
        parts = max(1, len(input) // self.ghost_batch_size) if self.training else 1
        return torch.cat([super(GhostBatchNorm3d, self).forward(part) for part in input.tensor_split(parts)])
