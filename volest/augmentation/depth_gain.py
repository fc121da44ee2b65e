"""Time-gain compensation set otherwise."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.interpolate import PchipInterpolator

from volest.augmentation.voxels import Scan
from volest.config import augmentation as config
from volest.geometry import AXES, Shape


@dataclass(frozen=True)
class DepthGainParameters:
    """Attributes: axis: index of the depth axis. decibels: gain at equally spaced depths, from border to border."""

    axis: int
    decibels: tuple[float, ...]


class DepthGain:
    """A smooth gain curve along depth upon a gain for the whole; displayed intensity stands for amplitude."""

    def __init__(self, config: config.DepthGain) -> None:
        self.config = config

    def sample(self, rng: np.random.Generator, shape: Shape) -> DepthGainParameters | None:
        """Draw the gain of the whole and of each slider; each has half of the allowed decibels."""
        if rng.random() >= self.config.probability:
            return None
        half = self.config.decibels / 2
        whole = rng.uniform(-half, half)
        sliders = rng.uniform(-half, half, size=self.config.sliders)
        return DepthGainParameters(AXES.index(self.config.axis), tuple((whole + sliders).tolist()))

    def apply(self, voxels: Scan, parameters: DepthGainParameters) -> Scan:
        """Voxels times the gain at their depth."""
        gain = torch.from_numpy(self.gain(parameters, voxels.shape[parameters.axis])).to(voxels.device)
        return voxels * gain.reshape([-1 if axis == parameters.axis else 1 for axis in range(3)])

    def gain(self, parameters: DepthGainParameters, depths: int) -> np.ndarray:
        """Factor at each depth; monotone interpolation (Fritsch & Carlson 1980) keeps within the sliders' range."""
        knots = np.linspace(0, depths - 1, len(parameters.decibels))
        decibels = PchipInterpolator(knots, parameters.decibels)(np.arange(depths))
        return (10 ** (decibels / 20)).astype(np.float32)
