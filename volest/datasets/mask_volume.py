"""The reference that a mask gives: its voxels, times the volume of one."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from volest.errors import ScanError
from volest.images.formats import read_image

MOST_NAMED = 8


def mask_volume_ml(path: Path, labels: Sequence[int] = ()) -> float:
    """Volume inside of a mask, in mL.

    Args:
        path: of the mask.
        labels: the values that are inside; by default the one value that is not 0.

    Raises:
        ScanError: a mask that cannot be read, is empty, holds NaN, or holds several values and none was chosen.
    """
    image = read_image(path)
    values, counts = np.unique(image.voxels, return_counts=True)
    if not np.isfinite(values).all():
        raise ScanError(f"mask {path} has voxels that are NaN or infinite. Export it as whole numbers.")
    inside = [(value, count) for value, count in zip(values.tolist(), counts.tolist(), strict=True) if value != 0]
    if not labels and len(inside) > 1:
        named = ", ".join(f"{value:g} ({count * image.voxel_volume_ml:.4g} mL)" for value, count in inside[:MOST_NAMED])
        more = f" and {len(inside) - MOST_NAMED} more" if len(inside) > MOST_NAMED else ""
        raise ScanError(f"mask {path} holds several labels: {named}{more}. Say which are inside: --mask-label N.")
    voxels = sum(count for value, count in inside if not labels or value in labels)
    if not voxels:
        what = f"no voxel of {' or '.join(map(str, labels))}" if labels else "no voxel inside"
        held = f"; it holds {', '.join(f'{value:g}' for value, _ in inside[:MOST_NAMED])}" if inside else ""
        raise ScanError(f"mask {path} has {what}{held}. Correct it, or take it out of the folder.")
    return voxels * image.voxel_volume_ml
