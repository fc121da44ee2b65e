"""How large a scan may be; a header that asks for more is refused before memory is taken."""

import math

import numpy as np

from volest.images.faults import Refusal

LARGEST_BYTES = 4 * 2**30
"""Voxels of one scan."""

LARGEST_VOXELS, BYTES_AT_WORK = 2**28, 18
"""Of one scan, 645 along each edge, and of memory that each takes while it is put on the grid of a network."""

LONGEST_HEADER_BYTES = 2**20
"""Text that describes a scan: a header, or a sidecar."""

_BYTES_PER_GIB = 2**30


def refuse_oversize(shape: tuple[int, ...], dtype: np.dtype) -> None:
    """Refuse a raster that does not fit.

    Raises:
        Refusal: its voxels take more than `LARGEST_BYTES`, or are more than `LARGEST_VOXELS`.
    """
    voxels = math.prod(shape)
    asked_bytes = voxels * dtype.itemsize
    if asked_bytes > LARGEST_BYTES:
        raise Refusal(
            f"its header asks for {asked_bytes / _BYTES_PER_GIB:.3g} GiB of voxels (shape {shape}), "
            f"more than the {LARGEST_BYTES // _BYTES_PER_GIB} GiB that a scan may have. "
            "Correct the sizes, or resample the scan"
        )
    if voxels > LARGEST_VOXELS:
        raise Refusal(
            f"it has {voxels / 1e6:,.0f} million voxels (shape {shape}), which would take some "
            f"{voxels * BYTES_AT_WORK / _BYTES_PER_GIB:.0f} GiB of memory; a scan may have {LARGEST_VOXELS / 1e6:.0f} "
            "million. Resample the scan"
        )
