"""The same draws applied by torchio, scan by scan: slow, and the witness. The only file of the folder that knows it."""

from collections.abc import Sequence

import numpy as np
import torch
import torchio as tio

from volest import geometry
from volest.augmentation.anisotropy import AnisotropyParameters
from volest.augmentation.drawn import Drawn
from volest.augmentation.pipeline import AugmentationPipeline
from volest.augmentation.voxels import Batch, Scan
from volest.geometry import Affine

UNIT_SPACING = (1.0, 1.0, 1.0)


class TorchioPipeline(AugmentationPipeline):
    """Whatever torchio has, by torchio, on the CPU; speckle, shadow, depth gain and narrower fans are volest's own.

    So is noise: torchio's reseeds every torch generator of the process, those of the GPUs too, and restores the CPU's
    alone, so that dropout would depend on which scan was noisy.
    """

    def _moved(self, scans: Batch, drawn: Sequence[Drawn]) -> Batch:
        moved = [[self._moved_channel(c, one) for c in scan] for scan, one in zip(scans.cpu(), drawn, strict=True)]
        return torch.stack([torch.stack(channels) for channels in moved]).to(scans.device)

    def _moved_channel(self, voxels: Scan, drawn: Drawn) -> Scan:
        if drawn.flip:
            voxels = _through([tio.Flip(drawn.flip.axes)], voxels)
        if drawn.rotation or drawn.translation or drawn.zoom or drawn.elastic:
            voxels = _through([self._map(voxels, drawn)], voxels)
        return voxels

    def _map(self, voxels: Scan, drawn: Drawn) -> tio.Transform:
        affine = {
            "scales": drawn.zoom.scales if drawn.zoom else (1.0, 1.0, 1.0),
            "degrees": drawn.rotation.degrees if drawn.rotation else (0.0, 0.0, 0.0),
            "translation": drawn.translation.voxels if drawn.translation else (0.0, 0.0, 0.0),
            "default_pad_value": 0,
        }
        if drawn.elastic is None:
            return tio.Affine(**affine)
        i, j, k = voxels.shape
        coefficients = self.elastic.coefficients(drawn.elastic, (i, j, k))
        # ITK lays the control grid along its own axes, which run against i and j.
        coefficients = coefficients[::-1, ::-1] * [-1, -1, 1]
        elastic = {"control_points": coefficients, "max_displacement": (0.0, 0.0, 0.0)}
        return tio.AffineElasticDeformation(True, affine, elastic)

    def _through(self, name: str, voxels: Scan, drawn: Drawn) -> Scan:
        transforms: list[tio.Transform] = []
        if name == "anisotropy" and drawn.anisotropy:
            transforms = _fewer_planes(voxels, drawn.anisotropy)
        elif name == "blur" and drawn.blur:
            transforms = [tio.Blur((drawn.blur.sd_voxels,) * 3)]
        elif name == "gamma" and drawn.gamma:
            transforms = [tio.Gamma(drawn.gamma.gamma)]
        else:
            return super()._through(name, voxels, drawn)
        return _through(transforms, voxels.cpu()).to(voxels.device)


def _fewer_planes(voxels: Scan, parameters: AnisotropyParameters) -> list[tio.Transform]:
    """Linear interpolation onto the planes that are left, the outermost kept, and back."""
    fine = (tuple(voxels.shape), _affine(voxels))
    shape, spacing = np.array(voxels.shape), np.ones(3)
    spacing[parameters.axis] = (shape[parameters.axis] - 1) / (parameters.planes - 1)
    shape[parameters.axis] = parameters.planes
    i, j, k = shape.tolist()
    step_i, step_j, step_k = spacing.tolist()
    coarse = ((i, j, k), geometry.centred_affine((i, j, k), (step_i, step_j, step_k)))
    return [tio.Resample(grid) for grid in (coarse, fine)]


def _affine(voxels: Scan) -> Affine:
    i, j, k = voxels.shape
    return geometry.centred_affine((i, j, k), UNIT_SPACING)


def _through(transforms: list[tio.Transform], voxels: Scan) -> Scan:
    """Voxels after deterministic torchio transforms.

    `apply_transform` is called, not the transform: the call draws from torch's global generator whether to act, which
    would tie dropout to augmentation, and it copies and keeps a history.
    """
    subject = tio.Subject(scan=tio.ScalarImage(tensor=voxels[None], affine=_affine(voxels)))
    for transform in transforms:
        subject = transform.apply_transform(subject)
    return subject["scan"].data[0].contiguous()
