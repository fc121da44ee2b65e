"""Turns of the probe."""

from dataclasses import dataclass

import numpy as np

from volest.config import augmentation as config
from volest.geometry import Shape


@dataclass(frozen=True)
class RotationParameters:
    """Attributes: degrees: about the axes i, j, k through the centre of the raster."""

    degrees: tuple[float, float, float]


class Rotation:
    """Rotation about the centre; the pipeline resamples it together with translation, zoom and elastic."""

    def __init__(self, config: config.Rotation) -> None:
        self.config = config

    def sample(self, rng: np.random.Generator, shape: Shape) -> RotationParameters | None:
        """Draw an angle for each axis."""
        if rng.random() >= self.config.probability:
            return None
        i, j, k = rng.uniform(-self.config.degrees, self.config.degrees, size=3).tolist()
        return RotationParameters((i, j, k))

    def volume_factor(self, parameters: RotationParameters) -> float:
        """A rotation keeps volume; on a stretched raster, where it shears the anatomy, its determinant is 1 too."""
        return 1.0
