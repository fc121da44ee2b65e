"""A wider point spread."""

from dataclasses import dataclass

import numpy as np

from volest.augmentation.axiswise import smoothed
from volest.augmentation.voxels import Scan
from volest.config import augmentation as config
from volest.geometry import Shape


@dataclass(frozen=True)
class BlurParameters:
    """Attributes: sd_voxels: of the Gaussian."""

    sd_voxels: float


class Blur:
    """Gaussian blur."""

    def __init__(self, config: config.Blur) -> None:
        self.config = config

    def sample(self, rng: np.random.Generator, shape: Shape) -> BlurParameters | None:
        """Draw the width."""
        if rng.random() >= self.config.probability:
            return None
        return BlurParameters(rng.uniform(*self.config.sd_voxels))

    def apply(self, voxels: Scan, parameters: BlurParameters) -> Scan:
        """Voxels blurred, over the border of the fan as well: the pipeline puts the background back."""
        return smoothed(voxels, parameters.sd_voxels, "reflect", truncate=4.0)
