"""The sanity check: a structure that is not there any more must not be measured."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool
from scipy import ndimage

from volest.explanation.told_volume import require_told
from volest.images.image import Image
from volest.inference.ensemble import Ensemble
from volest.preprocessing.scanned_field import scanned_field

Region = Bool[np.ndarray, "i j k"]

RIM_VOXELS = 2
"""Of the scan, that are hidden with a structure: its border is blurred, and a shell that is left looks like one."""


@dataclass(frozen=True)
class HidingTest:
    """What a run tells of a scan in which something was painted over.

    Attributes:
        predicted_ml: of the scan as it is.
        without_region_ml: where the region and its rim are hidden.
        without_other_ml: where as many voxels of the scanned field far from them are hidden; None where there is no
            room.
        region_ml: volume of the region.
        smallest_ml: smallest volume that every network was trained on.
    """

    predicted_ml: float
    without_region_ml: float
    without_other_ml: float | None
    region_ml: float
    smallest_ml: float

    @property
    def fall(self) -> float:
        """Part of the volume that is gone with the region."""
        return 1 - self.without_region_ml / self.predicted_ml

    @property
    def change_elsewhere(self) -> float | None:
        """Part of the volume by which hiding as much elsewhere changes it."""
        return None if self.without_other_ml is None else abs(self.without_other_ml / self.predicted_ml - 1)


def hiding_test(ensemble: Ensemble, image: Image, region: Region, predicted_ml: float) -> HidingTest:
    """Hide `region` with a rim, then as much elsewhere, and ask the run each time, as `volest predict` would.

    Raises:
        ScanError: what it tells is no number.
    """
    with_rim = ndimage.binary_dilation(region, iterations=RIM_VOXELS)
    other = region_elsewhere(image, with_rim)

    def told_ml(hidden: Region, unlike: Region | None = None) -> float:
        volume_ml = ensemble.estimate(paint_over(image, hidden, unlike)).volume_ml
        return require_told(volume_ml, "the scan with a part of it painted over")

    return HidingTest(
        predicted_ml=predicted_ml,
        without_region_ml=told_ml(with_rim),
        without_other_ml=None if other is None else told_ml(other, with_rim),
        region_ml=float(region.sum()) * image.voxel_volume_ml,
        smallest_ml=max(model.record.trained_on.volume_ml[0] for model in ensemble.models),
    )


def paint_over(image: Image, region: Region, unlike: Region | None = None) -> Image:
    """The scan with `region` filled by the tissue around it, mirrored at the nearest point of the border.

    A mirror image keeps brightness, speckle and its grain, where a mean or an interpolation would leave a smooth spot,
    which is what a cyst looks like. Where the mirror shows no tissue, the nearest tissue is taken.

    Args:
        image: the scan.
        region: what is hidden.
        unlike: what is no tissue to fill it with, such as the structure nearby.
    """
    tissue = scanned_field(image.voxels > image.voxels.min()) & ~(region if unlike is None else region | unlike)
    if not tissue.any():
        return image
    inside = np.argwhere(region)
    border = _nearest(~region)[:, *inside.T].T
    mirrored = np.clip(2 * border - inside, 0, np.array(image.shape) - 1)
    source = _nearest(tissue)[:, *mirrored.T]
    voxels = image.voxels.copy()
    voxels[region] = image.voxels[tuple(source)]
    return Image(voxels, image.affine)


def region_elsewhere(image: Image, region: Region) -> Region | None:
    """As many voxels as `region` has, a ball as far as possible from it and from the edge of the scanned field.

    None where less of the field is left.
    """
    free = scanned_field(image.voxels > image.voxels.min()) & ~ndimage.binary_dilation(region, iterations=2)
    count = int(region.sum())
    if int(free.sum()) < count:
        return None
    spacing = np.array(image.spacing_mm)
    depth_mm = ndimage.distance_transform_edt(np.pad(free, 1), sampling=spacing)[1:-1, 1:-1, 1:-1]
    middle = np.array(np.unravel_index(int(np.argmax(depth_mm)), free.shape))
    places = np.argwhere(free)
    nearest = np.argsort(np.linalg.norm((places - middle) * spacing, axis=1), kind="stable")[:count]
    chosen = np.zeros(image.shape, bool)
    chosen[tuple(places[nearest].T)] = True
    return chosen


def _nearest(wanted: Region) -> np.ndarray:
    """Index (3, i, j, k) of the nearest voxel that is `wanted`."""
    return np.asarray(ndimage.distance_transform_edt(~wanted, return_distances=False, return_indices=True))
