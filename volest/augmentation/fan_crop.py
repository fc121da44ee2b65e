"""Narrower sectors."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool
from torch import Tensor

from volest.augmentation.voxels import Scan
from volest.config import augmentation as config
from volest.geometry import AXES, Shape

Section = Bool[Tensor, "depth lateral"]


@dataclass(frozen=True)
class FanCropParameters:
    """What is kept.

    Attributes:
        axis: index of the depth axis.
        lateral: index of the axis along which the fan becomes narrower.
        fraction: of the fan's own width that is kept, at every depth.
    """

    axis: int
    lateral: int
    fraction: float


class FanCrop:
    """Background outside the central part of the fan; measured at each depth, so that any fan keeps its form."""

    def __init__(self, config: config.FanCrop) -> None:
        self.config = config

    def sample(self, rng: np.random.Generator, shape: Shape) -> FanCropParameters | None:
        """Draw the lateral axis and the fraction."""
        if rng.random() >= self.config.probability:
            return None
        axis = AXES.index(self.config.axis)
        lateral = int(rng.choice([a for a in range(3) if a != axis]))
        return FanCropParameters(axis, lateral, rng.uniform(*self.config.fraction))

    def sector(self, voxels: Scan, parameters: FanCropParameters) -> Bool[Tensor, "_ _ _"]:
        """What is kept of the fan of these voxels: False outside it; one voxel thick along the axis not looked at."""
        elevation = 3 - parameters.axis - parameters.lateral
        section = (voxels > 0).any(dim=elevation)
        transposed = parameters.lateral < parameters.axis
        kept = _central(section.T if transposed else section, parameters.fraction)
        return (kept.T if transposed else kept).unsqueeze(elevation)

    def volume_factor(self, parameters: FanCropParameters) -> float:
        """What is seen of a structure may change, its volume does not."""
        return 1.0


def _central(section: Section, fraction: float) -> Section:
    """The central part of each row's extent, as a mask of the section (depth, lateral)."""
    width = section.shape[1]
    low = section.byte().argmax(dim=1)
    high = width - 1 - section.byte().flip(1).argmax(dim=1)
    centre, half = (low + high) / 2, (high - low + 1) / 2 * fraction
    return (torch.arange(width, device=section.device) - centre[:, None]).abs() <= half[:, None]
