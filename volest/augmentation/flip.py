"""Mirror images."""

from dataclasses import dataclass

import numpy as np

from volest.config import augmentation as config
from volest.geometry import AXES, Shape


@dataclass(frozen=True)
class FlipParameters:
    """Attributes: axes: indices of the mirrored axes."""

    axes: tuple[int, ...]


class Flip:
    """Mirror each configured axis by a coin of its own.

    The pipeline takes it into its one resampling.
    """

    def __init__(self, config: config.Flip) -> None:
        self.config = config

    def sample(self, rng: np.random.Generator, shape: Shape) -> FlipParameters | None:
        """Draw the axes; None where none came up."""
        axes = tuple(AXES.index(axis) for axis in self.config.axes if rng.random() < self.config.probability)
        return FlipParameters(axes) if axes else None

    def volume_factor(self, parameters: FlipParameters) -> float:
        """A mirror image has the volume of its original."""
        return 1.0
