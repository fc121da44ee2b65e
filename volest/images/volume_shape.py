"""The three axes of a scan, out of those that a header lists."""

import math

from volest.geometry import Shape
from volest.images.faults import Refusal


def volume_shape(sizes: tuple[int, ...], further_axis: str) -> Shape:
    """Voxels along i, j, k; further axes are left off where they hold a single volume.

    Args:
        sizes: as the header lists them.
        further_axis: what a fourth axis runs over in this format, for the message.

    Raises:
        ValueError: a size below 1.
        Refusal: fewer than three axes, or several volumes.
    """
    if min(sizes, default=0) < 1:
        raise ValueError(f"the header has sizes {sizes}")
    if len(sizes) < 3 or math.prod(sizes[3:]) != 1:
        advice = f"Split it into one file per {further_axis}" if len(sizes) > 3 else "Stack the slices of a sweep"
        raise Refusal(f"expected 3 spatial axes (i, j, k), got shape {sizes}. {advice}")
    i, j, k = sizes[:3]
    return i, j, k
