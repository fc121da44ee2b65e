"""Sparser sweeps."""

from dataclasses import dataclass

import numpy as np

from volest.config import augmentation as config
from volest.geometry import Shape


@dataclass(frozen=True)
class AnisotropyParameters:
    """Attributes: axis: index of the coarse axis. planes: that are left along it."""

    axis: int
    planes: int


class Anisotropy:
    """One axis sampled at fewer planes, from border to border, and interpolated back by the pipeline."""

    def __init__(self, config: config.Anisotropy) -> None:
        self.config = config

    def sample(self, rng: np.random.Generator, shape: Shape) -> AnisotropyParameters | None:
        """Draw the axis and how many planes it keeps."""
        if rng.random() >= self.config.probability:
            return None
        axis = int(rng.integers(3))
        downsampling = max(1.0, rng.uniform(*self.config.downsampling))
        return AnisotropyParameters(axis, planes=max(2, round((shape[axis] - 1) / downsampling) + 1))

    def volume_factor(self, parameters: AnisotropyParameters) -> float:
        """Blurring along an axis keeps volume."""
        return 1.0
