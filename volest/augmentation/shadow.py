"""Acoustic shadows."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from volest.augmentation.voxels import Scan
from volest.config import augmentation as config
from volest.geometry import AXES, Shape

APEX = (0.35, 0.65)
TILT_DEGREES = 35.0
OBSTACLE = (0.1, 0.6)
SOFT_VOXELS = 2.0


@dataclass(frozen=True)
class ShadowParameters:
    """A cone of rays and the obstacle that stops them.

    Attributes:
        axis: index of the depth axis.
        near_is_low: whether the probe sits at the low end of that axis.
        apex: where the rays start on the near side, in voxels along the two other axes.
        tilt_degrees: of the cone's middle ray against the depth axis, towards the two other axes.
        width_degrees: full opening of the cone.
        obstacle_voxels: distance from the apex to the obstacle.
        transmission: share of the amplitude that is left in the full shadow.
    """

    axis: int
    near_is_low: bool
    apex: tuple[float, float]
    tilt_degrees: tuple[float, float]
    width_degrees: float
    obstacle_voxels: float
    transmission: float


class Shadow:
    """A cone behind an obstacle, darkened, with soft edges. Nothing outside it, or nearer to the probe, changes."""

    def __init__(self, config: config.Shadow) -> None:
        self.config = config

    def sample(self, rng: np.random.Generator, shape: Shape) -> ShadowParameters | None:
        """Draw the probe's side, a ray, its width, the obstacle's depth and what passes it."""
        if rng.random() >= self.config.probability:
            return None
        axis = AXES.index(self.config.axis)
        first, second = (n for a, n in enumerate(shape) if a != axis)
        return ShadowParameters(
            axis=axis,
            near_is_low=bool(rng.random() < 0.5),
            apex=(rng.uniform(*APEX) * (first - 1), rng.uniform(*APEX) * (second - 1)),
            tilt_degrees=(rng.uniform(-TILT_DEGREES, TILT_DEGREES), rng.uniform(-TILT_DEGREES, TILT_DEGREES)),
            width_degrees=rng.uniform(*self.config.width_degrees),
            obstacle_voxels=rng.uniform(*OBSTACLE) * shape[axis],
            transmission=rng.uniform(*self.config.transmission),
        )

    def apply(self, voxels: Scan, parameters: ShadowParameters) -> Scan:
        """Voxels times what the obstacle lets through."""
        return self.transmission(parameters, voxels).mul_(voxels)

    def transmission(self, parameters: ShadowParameters, like: Scan) -> Scan:
        """Factor of each voxel: 1 outside the shadow, `transmission` in its depth."""
        cosine, distance = _rays(parameters, like)
        half = math.radians(parameters.width_degrees) / 2
        edge, core = math.cos(half), math.cos(half / 2)
        shade = cosine.sub_(edge).div_(max(core - edge, 1e-6)).clamp_(0, 1)
        shade *= distance.sub_(parameters.obstacle_voxels).div_(SOFT_VOXELS).clamp_(0, 1)
        return shade.mul_(parameters.transmission - 1).add_(1)


def _rays(parameters: ShadowParameters, like: Scan) -> tuple[Scan, Scan]:
    """Cosine of each voxel's angle to the middle ray, and its distance from the apex in voxels."""
    depth, first, second = _from_apex(parameters, like)
    tilts = [math.tan(math.radians(degrees)) for degrees in parameters.tilt_degrees]
    length = math.hypot(1, *tilts)
    distance = (depth**2 + first**2 + second**2).sqrt_()
    return ((depth + first * tilts[0] + second * tilts[1]) / length).div_(distance), distance


def _from_apex(parameters: ShadowParameters, like: Scan) -> tuple[Tensor, Tensor, Tensor]:
    """Each voxel's place relative to the apex: along depth and the two other axes, as open grids."""
    grids = [
        torch.arange(n, dtype=torch.float32, device=like.device).reshape([-1 if a == axis else 1 for a in range(3)])
        for axis, n in enumerate(like.shape)
    ]
    depth = grids.pop(parameters.axis)
    if not parameters.near_is_low:
        depth = depth.max() - depth
    # The apex lies one voxel before the raster, so that no voxel has distance 0.
    first, second = (grid - start for grid, start in zip(grids, parameters.apex, strict=True))
    return depth + 1, first, second
