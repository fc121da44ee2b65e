"""Electronic noise."""

from dataclasses import dataclass

import numpy as np

from volest.augmentation.voxels import Voxels
from volest.config import augmentation as config
from volest.geometry import Shape


@dataclass(frozen=True)
class NoiseParameters:
    """Attributes: sd: on intensities in [0, 1]. seed: of the noise itself."""

    sd: float
    seed: int


class Noise:
    """Additive Gaussian noise.

    Not torchio's: its Noise reseeds every torch generator of the process, those of the GPUs too, and restores the
    CPU's alone, so that dropout would depend on which scan was noisy.
    """

    def __init__(self, config: config.Noise) -> None:
        self.config = config

    def sample(self, rng: np.random.Generator, shape: Shape) -> NoiseParameters | None:
        """Draw the strength and the seed."""
        if rng.random() >= self.config.probability:
            return None
        return NoiseParameters(rng.uniform(*self.config.sd), int(rng.integers(2**63)))

    def apply(self, voxels: Voxels, parameters: NoiseParameters) -> Voxels:
        """Voxels with noise, outside the fan as well: the pipeline puts the background back."""
        noise = np.random.default_rng(parameters.seed).standard_normal(voxels.shape, dtype=np.float32)
        noise *= np.float32(parameters.sd)
        noise += voxels
        return noise
