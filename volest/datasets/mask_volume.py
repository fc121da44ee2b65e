"""The reference that a mask gives: its voxels, times the volume of one."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from volest.errors import ScanError
from volest.images.formats import read_image
from volest.images.image import Image

MOST_NAMED = 8
"""Labels of a mask that one sentence lists; the rest is counted."""

MOST_APART = 0.10
"""Relative difference of a reference and its mask."""


def mask_volume_ml(path: Path, labels: Sequence[int] = ()) -> float:
    """Volume inside of a mask, in mL.

    Args:
        path: of the mask.
        labels: the values that are inside; by default the one value that is not 0.

    Raises:
        ScanError: a mask that cannot be read, is empty, holds NaN, or holds several values and none was chosen.
    """
    image = read_image(path)
    if not np.isfinite(image.voxels).all():
        raise ScanError(f"mask {path} has voxels that are NaN or infinite. Export it as whole numbers.")
    inside = label_volumes_ml(image)
    if not labels and len(inside) > 1:
        named = ", ".join(f"{value:g} ({volume_ml:.4g} mL)" for value, volume_ml in list(inside.items())[:MOST_NAMED])
        more = f" and {len(inside) - MOST_NAMED} more" if len(inside) > MOST_NAMED else ""
        raise ScanError(f"mask {path} holds several labels: {named}{more}. Say which are inside: --mask-label N.")
    volume_ml = sum(volume_ml for value, volume_ml in inside.items() if not labels or value in labels)
    if not volume_ml:
        what = f"no voxel of {' or '.join(map(str, labels))}" if labels else "no voxel inside"
        held = f"; it holds {', '.join(f'{value:g}' for value in list(inside)[:MOST_NAMED])}" if inside else ""
        raise ScanError(f"mask {path} has {what}{held}. Correct it, or take it out of the folder.")
    return volume_ml


def label_volumes_ml(mask: Image) -> dict[float, float]:
    """Volume of each value that is a number and not 0, the smallest value first."""
    values, counts = np.unique(mask.voxels[is_marked(mask)], return_counts=True)
    volumes_ml = (counts * mask.voxel_volume_ml).tolist()
    return dict(zip(map(float, values), volumes_ml, strict=True))


def is_marked(mask: Image) -> Bool[np.ndarray, "i j k"]:
    """The voxels whose value is a number and not 0."""
    return np.isfinite(mask.voxels) & (mask.voxels != 0)


def agrees(volume_ml: float, mask_ml: float) -> bool:
    """Whether a reference may be the volume of a mask; voxels on the surface explain no more than 10%."""
    return abs(volume_ml / mask_ml - 1) <= MOST_APART
