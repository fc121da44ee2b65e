"""All transforms in order, and the target that follows them. The only file of the folder that knows torchio."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
import torchio as tio
from numpy.typing import NDArray

from volest import geometry
from volest.augmentation.anisotropy import Anisotropy, AnisotropyParameters
from volest.augmentation.blur import Blur
from volest.augmentation.depth_gain import DepthGain
from volest.augmentation.drawn import Drawn
from volest.augmentation.elastic import Elastic
from volest.augmentation.fan_crop import FanCrop
from volest.augmentation.flip import Flip
from volest.augmentation.gamma import Gamma
from volest.augmentation.noise import Noise
from volest.augmentation.rotation import Rotation
from volest.augmentation.shadow import Shadow
from volest.augmentation.speckle import Speckle
from volest.augmentation.translation import Translation
from volest.augmentation.voxels import Voxels
from volest.augmentation.warp import warp
from volest.augmentation.zoom import Zoom
from volest.config.augmentation import AugmentationConfig
from volest.geometry import Affine, Shape

UNIT_SPACING = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Augmented:
    """A scan as the network trains on it.

    Attributes:
        voxels: intensities in [0, 1], 0 outside the fan.
        volume_factor: by which the target has to be multiplied.
        occupancy: share of each voxel inside the structure, moved as the scan was; None where it is not known.
    """

    voxels: Voxels
    volume_factor: float
    occupancy: Voxels | None = None


class AugmentationPipeline:
    """Draws, applies, and says by how much the volume changed.

    Rasters have the unit spacing of an isotropic (or stretched) grid. First geometry: flip; then rotation, translation,
    zoom and elastic in one resampling; then sparser planes and a narrower fan. Then, inside the fan that is left:
    blur, speckle, shadow, depth gain, gamma, noise, in the order in which a scanner would add them.
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

    def __call__(self, voxels: Voxels, rng: np.random.Generator, occupancy: Voxels | None = None) -> Augmented:
        """Draw once and apply; the scan and its factor are the same with and without an occupancy."""
        i, j, k = voxels.shape
        drawn = self.sample(rng, (i, j, k))
        moved = None if occupancy is None else self._moved(np.array(occupancy, dtype=np.float32, order="C"), drawn)
        return Augmented(self.apply(voxels, drawn), self.volume_factor(drawn), moved)

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
        for name in ("flip", "rotation", "translation", "zoom", "elastic", "anisotropy", "fan_crop"):
            parameters = getattr(drawn, name)
            if parameters is not None:
                factor *= getattr(self, name).volume_factor(parameters)
        return factor

    def apply(self, voxels: Voxels, drawn: Drawn) -> Voxels:
        """A new array; the same voxels and draw give the same bits. `voxels` may be read-only and stays as it is."""
        placed = self._geometry(np.array(voxels, dtype=np.float32, order="C"), drawn)
        fan = placed > 0
        seen = self._intensity(placed, drawn)
        seen *= fan
        return np.clip(seen, 0, 1, out=seen)

    def _moved(self, voxels: Voxels, drawn: Drawn) -> Voxels:
        """What moves the structure itself, not only how much of it is seen."""
        if drawn.flip:
            voxels = self.flip.apply(voxels, drawn.flip)
        if drawn.rotation or drawn.translation or drawn.zoom or drawn.elastic:
            voxels = self._resampled(voxels, drawn)
        return voxels

    def _geometry(self, voxels: Voxels, drawn: Drawn) -> Voxels:
        voxels = self._moved(voxels, drawn)
        if drawn.anisotropy:
            voxels = _with_fewer_planes(voxels, drawn.anisotropy)
        if drawn.fan_crop:
            voxels = self.fan_crop.apply(voxels, drawn.fan_crop)
        return voxels

    def _intensity(self, voxels: Voxels, drawn: Drawn) -> Voxels:
        if drawn.blur:
            voxels = _through([tio.Blur((drawn.blur.sd_voxels,) * 3)], voxels)
        if drawn.speckle:
            voxels = self.speckle.apply(voxels, drawn.speckle)
        if drawn.shadow:
            voxels = self.shadow.apply(voxels, drawn.shadow)
        if drawn.depth_gain:
            voxels = self.depth_gain.apply(voxels, drawn.depth_gain)
        if drawn.gamma:
            voxels = _through([tio.Gamma(drawn.gamma.gamma)], voxels)
        if drawn.noise:
            voxels = self.noise.apply(voxels, drawn.noise)
        return voxels

    def _resampled(self, voxels: Voxels, drawn: Drawn) -> Voxels:
        """Rotation, translation, zoom and elastic at once: each resampling more would blur more."""
        affine = tio.Affine(
            scales=drawn.zoom.scales if drawn.zoom else (1.0, 1.0, 1.0),
            degrees=drawn.rotation.degrees if drawn.rotation else (0.0, 0.0, 0.0),
            translation=drawn.translation.voxels if drawn.translation else (0.0, 0.0, 0.0),
            default_pad_value=0,
        )
        if drawn.elastic is None:
            return _through([affine], voxels)
        # torchio's own AffineElasticDeformation gives the same voxels (a test compares) at ten times the cost.
        i, j, k = voxels.shape
        return warp(voxels, *_pull(affine, voxels), by=self.elastic.displacement(drawn.elastic, (i, j, k)))


def _pull(affine: tio.Affine, voxels: Voxels) -> tuple[NDArray[Any], NDArray[Any]]:
    """Matrix and offset by which torchio maps output to input, in voxels (RAS) from the centre of the raster."""
    to_lps = np.array([-1.0, -1.0, 1.0])
    transform = affine.get_affine_transform(_scan(voxels))
    points = to_lps * np.vstack([np.eye(3), np.zeros(3)])
    images = [to_lps * transform.TransformPoint(point.tolist()) for point in points]
    offset = images.pop()
    return np.stack(images, axis=1) - offset[:, None], offset


def _with_fewer_planes(voxels: Voxels, parameters: AnisotropyParameters) -> Voxels:
    """Linear interpolation onto the planes that are left, the outermost kept, and back."""
    fine = (voxels.shape, _affine(voxels))
    shape, spacing = np.array(voxels.shape), np.ones(3)
    spacing[parameters.axis] = (shape[parameters.axis] - 1) / (parameters.planes - 1)
    shape[parameters.axis] = parameters.planes
    i, j, k = shape.tolist()
    step_i, step_j, step_k = spacing.tolist()
    coarse = ((i, j, k), geometry.centred_affine((i, j, k), (step_i, step_j, step_k)))
    return _through([tio.Resample(grid) for grid in (coarse, fine)], voxels)


def _affine(voxels: Voxels) -> Affine:
    i, j, k = voxels.shape
    return geometry.centred_affine((i, j, k), UNIT_SPACING)


def _through(transforms: list[tio.Transform], voxels: Voxels) -> Voxels:
    """Voxels after deterministic torchio transforms.

    `apply_transform` is called, not the transform: the call draws from torch's global generator whether to act, which
    would tie dropout to augmentation, and it copies and keeps a history.
    """
    subject = tio.Subject(scan=_scan(voxels))
    for transform in transforms:
        subject = transform.apply_transform(subject)
    return np.ascontiguousarray(subject["scan"].numpy()[0])


def _scan(voxels: Voxels) -> tio.ScalarImage:
    return tio.ScalarImage(tensor=torch.from_numpy(voxels)[None], affine=_affine(voxels))
