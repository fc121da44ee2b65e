"""How large a scan may be; a header that asks for more is refused before memory is taken."""

import math

from volest.geometry import Shape
from volest.images.faults import Refusal

LARGEST_VOXELS, BYTES_AT_WORK = 2**28, 17
"""Of one scan, 645 along each edge, and of memory that each takes while it is put on the grid of a network."""

LONGEST_HEADER_BYTES = 2**20
"""Text that describes a scan: a header, or a sidecar."""

_BYTES_PER_GIB = 2**30


def refuse_oversize(shape: Shape) -> None:
    """Refuse a raster that does not fit.

    Raises:
        Refusal: it has more than `LARGEST_VOXELS`.
    """
    voxels = math.prod(shape)
    if voxels > LARGEST_VOXELS:
        raise Refusal(
            f"its header asks for {voxels / 1e6:,.0f} million voxels (shape {shape}), which take some "
            f"{voxels * BYTES_AT_WORK / _BYTES_PER_GIB:,.0f} GiB at work; a scan may have {LARGEST_VOXELS / 1e6:.0f} "
            "million. Correct the sizes, or resample the scan"
        )
