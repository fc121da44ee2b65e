"""A scan in a few voxels, for the baseline that any network has to beat."""

import numpy as np
from jaxtyping import Float

from volest.images.image import Image

BRIGHTEST_PERCENTILE = 99.5


def thumbnail(image: Image, size: int = 12) -> Float[np.ndarray, "n n n"]:
    """Average the whole field of view onto `size` voxels along each axis.

    Args:
        image: the scan, in any orientation.
        size: voxels along each axis, which run nearest to right, anterior, superior.

    Returns:
        Intensities in [0, 1], clipped at the 99.5th percentile of the scan.
    """
    voxels = image.nearest_ras().voxels.astype(np.float32)
    low, high = voxels.min(), np.percentile(voxels, BRIGHTEST_PERCENTILE)
    if high <= low:  # a scan that is nearly all background
        high = voxels.max()
    scaled = (np.clip(voxels, low, high) - low) / max(high - low, np.finfo(np.float32).tiny)
    i, j, k = (area_average(length, size) for length in scaled.shape)
    return np.einsum("ai,bj,ck,ijk->abc", i, j, k, scaled, optimize=True).astype(np.float64)


def area_average(length: int, size: int) -> Float[np.ndarray, "size length"]:
    """Row a holds the share of each of `length` voxels in the a-th of `size` equal parts of the axis."""
    edges = np.linspace(0, length, size + 1)
    begin, end = edges[:-1, None], edges[1:, None]
    voxel = np.arange(length)
    overlap = np.clip(np.minimum(end, voxel + 1) - np.maximum(begin, voxel), 0, None)
    return (overlap * size / length).astype(np.float32)
