"""Electronic noise."""

from dataclasses import dataclass

import numpy as np
import torch

from volest.augmentation.voxels import Scan
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

    def apply(self, voxels: Scan, parameters: NoiseParameters) -> Scan:
        """Voxels with noise, outside the fan as well: the pipeline puts the background back."""
        return white_noise(parameters.seed, voxels).mul_(parameters.sd).add_(voxels)


def white_noise(seed: int, like: Scan) -> Scan:
    """Standard normal numbers, a function of the seed and, as generators differ, of the kind of device."""
    generator = torch.Generator(like.device).manual_seed(seed)
    return torch.randn(like.shape, generator=generator, device=like.device)
