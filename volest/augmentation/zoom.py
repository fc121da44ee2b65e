"""Larger and smaller patients."""

import math
from dataclasses import dataclass

import numpy as np

from volest.config import augmentation as config
from volest.geometry import Shape


@dataclass(frozen=True)
class ZoomParameters:
    """Attributes: scales: by which the content grows along i, j, k; above 1 it becomes larger."""

    scales: tuple[float, float, float]


class Zoom:
    """Scaling about the centre; the pipeline resamples it together with rotation, translation and elastic."""

    def __init__(self, config: config.Zoom) -> None:
        self.config = config

    def sample(self, rng: np.random.Generator, shape: Shape) -> ZoomParameters | None:
        """Draw a common scale and one for each axis, log-uniform so that growing and shrinking are equally likely."""
        if rng.random() >= self.config.probability:
            return None
        common = rng.uniform(-1, 1) * math.log(self.config.isotropic)
        own = rng.uniform(-1, 1, size=3) * math.log(self.config.per_axis)
        i, j, k = np.exp(common + own).tolist()
        return ZoomParameters((i, j, k))

    def volume_factor(self, parameters: ZoomParameters) -> float:
        """Determinant of the scaling: the product of its three scales, not a power of one."""
        return math.prod(parameters.scales)
