"""All transforms in order, on a batch of scans where it lies, and the targets that follow them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch

from volest.augmentation.anisotropy import Anisotropy
from volest.augmentation.blur import Blur
from volest.augmentation.depth_gain import DepthGain
from volest.augmentation.drawn import Drawn
from volest.augmentation.elastic import Elastic
from volest.augmentation.fan_crop import FanCrop
from volest.augmentation.flip import Flip
from volest.augmentation.gamma import Gamma
from volest.augmentation.noise import Noise
from volest.augmentation.placement import placement
from volest.augmentation.rotation import Rotation
from volest.augmentation.shadow import Shadow
from volest.augmentation.speckle import Speckle
from volest.augmentation.translation import Translation
from volest.augmentation.voxels import Batch, Channels, Scan, Voxels
from volest.augmentation.warp import warp
from volest.augmentation.zoom import Zoom
from volest.config.augmentation import AugmentationConfig
from volest.geometry import Shape

AFTER_MOVING = ("anisotropy", "fan_crop")
"""Geometry that changes what is seen of the structure, not where it lies."""

INTENSITY = ("blur", "speckle", "shadow", "depth_gain", "gamma", "noise")
"""In the order in which a scanner would add them."""


@dataclass(frozen=True)
class Augmented:
    """A scan as the network trains on it.

    Attributes:
        voxels: intensities in [0, 1], 0 outside the fan.
        volume_factor: by which the target has to be multiplied.
    """

    voxels: Voxels
    volume_factor: float


class AugmentationPipeline:
    """Draws, applies, and says by how much the volume changed.

    Rasters have the unit spacing of an isotropic (or stretched) grid. First geometry: flip, rotation, translation, zoom
    and elastic in one resampling, as each resampling more would blur more; then sparser planes and a narrower fan.
    Then, inside the fan that is left: blur, speckle, shadow, depth gain, gamma, noise.
    """

    def __init__(self, config: AugmentationConfig) -> None:
        self.config = config
        self.flip = Flip(config.flip)
        self.rotation = Rotation(config.rotation)
        self.translation = Translation(config.translation)
        self.zoom = Zoom(config.zoom)
        self.elastic = Elastic(config.elastic)
        self.anisotropy = Anisotropy(config.anisotropy)
        self.fan_crop = FanCrop(config.fan_crop)
        self.blur = Blur(config.blur)
        self.speckle = Speckle(config.speckle)
        self.shadow = Shadow(config.shadow)
        self.depth_gain = DepthGain(config.depth_gain)
        self.gamma = Gamma(config.gamma)
        self.noise = Noise(config.noise)

    def __call__(self, voxels: Voxels, rng: np.random.Generator) -> Augmented:
        """One scan, drawn once and moved by it. `voxels` may be read-only and stays as it is."""
        i, j, k = voxels.shape
        drawn = self.sample(rng, (i, j, k))
        scans = torch.from_numpy(np.array(voxels, dtype=np.float32, order="C"))[None, None]
        return Augmented(self.apply(scans, [drawn])[0, 0].numpy(), self.volume_factor(drawn))

    def sample(self, rng: np.random.Generator, shape: Shape) -> Drawn:
        """Draw the parameters of every transform; all sit out where augmentation is not enabled."""
        if not self.config.enabled:
            return Drawn()
        return Drawn(**{field.name: getattr(self, field.name).sample(rng, shape) for field in fields(Drawn)})

    def volume_factor(self, drawn: Drawn) -> float:
        """Product of the factors of the spatial transforms; 1 where the target is told not to follow."""
        if not self.config.follow:
            return 1.0
        factor = 1.0
        for name in ("flip", "rotation", "translation", "zoom", "elastic", *AFTER_MOVING):
            parameters = getattr(drawn, name)
            if parameters is not None:
                factor *= getattr(self, name).volume_factor(parameters)
        return factor

    def apply(self, scans: Batch, drawn: Sequence[Drawn]) -> Batch:
        """New scans; the same voxels and draws give the same bits, whatever shares the batch.

        Args:
            scans: (batch, channels, i, j, k). A second channel holds the occupancy, the share of each voxel inside the
                structure; it moves as the scan does, loses what a narrower fan hides, and stays as it is otherwise.
            drawn: of each scan.
        """
        scans = self._moved(scans, drawn)
        for scan, one in zip(scans, drawn, strict=True):
            scan[0] = self._seen(scan, one)
        return scans

    def _moved(self, scans: Batch, drawn: Sequence[Drawn]) -> Batch:
        scans = scans.clone()
        i, j, k = scans.shape[2:]
        moving = [n for n, one in enumerate(drawn) if one.moves]
        if moving:
            maps = [placement(drawn[n]) for n in moving]
            bends = [drawn[n].elastic for n in moving]
            by = [self.elastic.displacement(bend, (i, j, k), scans.device) if bend else None for bend in bends]
            scans[moving] = warp(scans[moving], maps, by)
        return scans

    def _seen(self, scan: Channels, drawn: Drawn) -> Scan:
        voxels = self._through("anisotropy", scan[0], drawn)
        if drawn.fan_crop is not None:
            sector = self.fan_crop.sector(voxels, drawn.fan_crop)
            voxels = voxels * sector
            scan[1:] *= sector
        fan = voxels.sign()  # 0 or 1, at a fifth of the price of a comparison
        for name in INTENSITY:
            voxels = self._through(name, voxels, drawn)
        return (voxels * fan).clamp_(0, 1)

    def _through(self, name: str, voxels: Scan, drawn: Drawn) -> Scan:
        parameters = getattr(drawn, name)
        return voxels if parameters is None else getattr(self, name).apply(voxels, parameters)
