"""Shifts of the probe."""

from dataclasses import dataclass

import numpy as np

from volest.config import augmentation as config
from volest.geometry import Shape


@dataclass(frozen=True)
class TranslationParameters:
    """Attributes: voxels: by which the content moves towards higher i, j, k."""

    voxels: tuple[float, float, float]


class Translation:
    """Shift; the pipeline resamples it together with rotation, zoom and elastic."""

    def __init__(self, config: config.Translation) -> None:
        self.config = config

    def sample(self, rng: np.random.Generator, shape: Shape) -> TranslationParameters | None:
        """Draw a shift for each axis, within a fraction of its length."""
        if rng.random() >= self.config.probability:
            return None
        fractions = rng.uniform(-self.config.fraction, self.config.fraction, size=3)
        i, j, k = (fractions * shape).tolist()
        return TranslationParameters((i, j, k))

    def volume_factor(self, parameters: TranslationParameters) -> float:
        """A shift keeps volume."""
        return 1.0
