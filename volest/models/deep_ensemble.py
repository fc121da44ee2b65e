"""Several networks of one kind, side by side."""

from collections.abc import Sequence
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from volest.models.head import VolumeRegressor
from volest.models.observation import Observation


class DeepEnsemble(nn.Module):
    """Networks that differ in their first weights alone, each trained for itself, their predictions averaged.

    Few scans leave much to the chance of the first weights; the mean of some networks leaves less of it
    (Lakshminarayanan et al., Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles, 2017). They
    share each batch, so that reading and augmentation are paid for once.
    """

    def __init__(self, members: Sequence[VolumeRegressor]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def observe(self, raster: Float[Tensor, "batch 1 i j k"]) -> Observation:
        """What each member says."""
        return Observation.beside([cast(VolumeRegressor, member).observe(raster) for member in self.members])

    def encoder(self, raster: Float[Tensor, "batch 1 i j k"]) -> Float[Tensor, "batch channels ..."]:
        """The features of all members, their channels one after the other."""
        return torch.cat([cast(VolumeRegressor, member).encoder(raster) for member in self.members], dim=1)

    def forward(self, raster: Float[Tensor, "batch 1 i j k"]) -> Float[Tensor, " batch"]:
        """The mean of the members."""
        return self.observe(raster).prediction


Network = VolumeRegressor | DeepEnsemble
"""What a fold trains: from (batch, 1, i, j, k) to (batch,), in the unit of the target."""


def members_of(network: Network) -> list[VolumeRegressor]:
    """Its members, or the network itself where it is one."""
    members = network.members if isinstance(network, DeepEnsemble) else [network]
    return [cast(VolumeRegressor, member) for member in members]
