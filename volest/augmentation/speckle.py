"""Another speckle pattern over the same tissue."""

import math
from dataclasses import dataclass

import numpy as np

from volest.augmentation.axiswise import smoothed
from volest.augmentation.noise import white_noise
from volest.augmentation.voxels import Scan
from volest.config import augmentation as config
from volest.geometry import Shape


@dataclass(frozen=True)
class SpeckleParameters:
    """What the pattern follows from.

    Attributes:
        sd: of the factor, whose mean is 1.
        grain_voxels: SD of the Gaussian that correlates neighbours; 0 leaves them independent.
        seed: of the pattern itself.
    """

    sd: float
    grain_voxels: float
    seed: int


class Speckle:
    """Multiplicative noise of unit mean, log-normal so that no factor is negative."""

    def __init__(self, config: config.Speckle) -> None:
        self.config = config

    def sample(self, rng: np.random.Generator, shape: Shape) -> SpeckleParameters | None:
        """Draw the strength and the seed."""
        if rng.random() >= self.config.probability:
            return None
        return SpeckleParameters(rng.uniform(*self.config.sd), self.config.grain_voxels, int(rng.integers(2**63)))

    def apply(self, voxels: Scan, parameters: SpeckleParameters) -> Scan:
        """Voxels times the pattern."""
        return self.pattern(parameters, voxels).mul_(voxels)

    def pattern(self, parameters: SpeckleParameters, like: Scan) -> Scan:
        """The factor of each voxel: mean 1 over the raster, SD `sd` whatever the grain."""
        grain = white_noise(parameters.seed, like)
        if parameters.grain_voxels > 0:
            grain = smoothed(grain, parameters.grain_voxels, "wrap", truncate=2.0)
        # A log-normal factor of mean 1 and SD s has a logarithm of variance log(1 + s^2).
        grain = grain.mul_(math.sqrt(math.log1p(parameters.sd**2)) / grain.std()).exp_()
        return grain.div_(grain.mean())
