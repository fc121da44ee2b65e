"""Sparser sweeps."""

from dataclasses import dataclass

import numpy as np

from volest.augmentation.axiswise import along, interpolation
from volest.augmentation.voxels import Scan
from volest.config import augmentation as config
from volest.geometry import Shape


@dataclass(frozen=True)
class AnisotropyParameters:
    """Attributes: axis: index of the coarse axis. planes: that are left along it."""

    axis: int
    planes: int


class Anisotropy:
    """One axis sampled at fewer planes, from border to border, and linearly interpolated back."""

    def __init__(self, config: config.Anisotropy) -> None:
        self.config = config

    def sample(self, rng: np.random.Generator, shape: Shape) -> AnisotropyParameters | None:
        """Draw the axis and how many planes it keeps."""
        if rng.random() >= self.config.probability:
            return None
        axis = int(rng.integers(3))
        downsampling = max(1.0, rng.uniform(*self.config.downsampling))
        return AnisotropyParameters(axis, planes=max(2, round((shape[axis] - 1) / downsampling) + 1))

    def apply(self, voxels: Scan, parameters: AnisotropyParameters) -> Scan:
        """Voxels as the planes that are left show them; there and back is one linear map along the axis."""
        n = voxels.shape[parameters.axis]
        there, back = interpolation(n, parameters.planes), interpolation(parameters.planes, n)
        return along(voxels, (back @ there).astype(np.float32), parameters.axis)

    def volume_factor(self, parameters: AnisotropyParameters) -> float:
        """Blurring along an axis keeps volume."""
        return 1.0
