"""Several networks of one kind, side by side."""

from collections.abc import Iterator, Sequence
from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from volest.geometry import Shape
from volest.models.head import VolumeRegressor
from volest.models.observation import Observation


class DeepEnsemble(nn.Module):
    """Networks that differ in their first weights, each trained for itself, their predictions averaged.

    Few scans leave much to the chance of the first weights; the mean of some networks leaves less of it
    (Lakshminarayanan et al., Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles, 2017). Some
    may see the raster coarser than others: they err on other scans, and the mean gains more. They share each batch, so
    that reading and augmentation are paid for once.
    """

    def __init__(self, members: Sequence[VolumeRegressor], shapes: Sequence[Shape]) -> None:
        """Take networks, and the shape to which the raster is averaged for each."""
        super().__init__()
        self.members = nn.ModuleList(members)
        self.shapes = tuple(shapes)

    def observe(self, raster: Float[Tensor, "batch 1 i j k"]) -> Observation:
        """What each member says."""
        return Observation.beside([member.observe(seen) for member, seen in self._sights(raster)])

    def encoder(self, raster: Float[Tensor, "batch 1 i j k"]) -> Float[Tensor, "batch channels ..."]:
        """The features of all members, their channels one after the other, on the coarsest of their maps."""
        features = [member.encoder(seen) for member, seen in self._sights(raster)]
        if features[0].ndim < 5:
            return torch.cat(features, dim=1)
        i, j, k = min((part.shape[2:] for part in features), key=lambda shape: shape.numel())
        return torch.cat([F.adaptive_avg_pool3d(part, (i, j, k)) for part in features], dim=1)

    def forward(self, raster: Float[Tensor, "batch 1 i j k"]) -> Float[Tensor, " batch"]:
        """The mean of the members."""
        return self.observe(raster).prediction

    def _sights(self, raster: Tensor) -> Iterator[tuple[VolumeRegressor, Tensor]]:
        """Each member, and the raster as it sees it."""
        for member, shape in zip(self.members, self.shapes, strict=True):
            seen = raster if raster.shape[2:] == shape else F.adaptive_avg_pool3d(raster, shape)
            yield cast(VolumeRegressor, member), seen


def coarsened(shape: Shape, factor: float) -> Shape:
    """The shape of a raster whose voxels are `factor` times as large, to whole voxels."""
    i, j, k = (max(1, round(n / factor)) for n in shape)
    return i, j, k


Network = VolumeRegressor | DeepEnsemble
"""What a fold trains: from (batch, 1, i, j, k) to (batch,), in the unit of the target."""


def members_of(network: Network) -> list[VolumeRegressor]:
    """Its members, or the network itself where it is one."""
    members = network.members if isinstance(network, DeepEnsemble) else [network]
    return [cast(VolumeRegressor, member) for member in members]
