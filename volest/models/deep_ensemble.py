"""Several networks of one kind, side by side."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from volest.models.head import VolumeRegressor


class DeepEnsemble(nn.Module):
    """Networks that differ in their first weights alone, each trained for itself, their predictions averaged.

    Few scans leave much to the chance of the first weights; the mean of some networks leaves less of it
    (Lakshminarayanan et al., Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles, 2017). They
    share each batch, so that reading and augmentation are paid for once.
    """

    def __init__(self, members: Sequence[VolumeRegressor]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def each(self, raster: Float[Tensor, "batch 1 i j k"]) -> Float[Tensor, "batch member"]:
        """What each member predicts: a loss on their mean would let one make up for another's error."""
        return torch.stack([member(raster) for member in self.members], dim=1)

    def forward(self, raster: Float[Tensor, "batch 1 i j k"]) -> Float[Tensor, " batch"]:
        """The mean of the members."""
        return self.each(raster).mean(dim=1)


Network = VolumeRegressor | DeepEnsemble
"""What a fold trains: from (batch, 1, i, j, k) to (batch,), in the unit of the target."""
