"""Middle planes of a scan, small enough to keep hundreds in memory and to look at side by side."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy import ndimage

from volest.datasets.thumbnail import area_average
from volest.images.image import Image

MOST_PIXELS = 96
"""Longest side of a plane."""

_ACROSS = {"axial": 2, "coronal": 1, "sagittal": 0}
"""Each plane, and the axis of the nearest-RAS image that stands on it."""


@dataclass(frozen=True)
class Plane:
    """One middle plane, anterior or superior up, the other axis from left to right along +i or +j.

    Attributes:
        name: axial, coronal or sagittal.
        pixels: (row, column), 0 the darkest and 255 the brightest of the scan.
        fan: where the scanner saw something, likewise.
        spacing_mm: between rows, and between columns.
    """

    name: str
    pixels: NDArray[np.uint8]
    fan: NDArray[np.bool_]
    spacing_mm: tuple[float, float]


def middle_planes(image: Image, background: float, window: tuple[float, float]) -> tuple[Plane, ...]:
    """Axial, coronal and sagittal plane through the middle, averaged down to `MOST_PIXELS` a side.

    Args:
        image: axes nearest to right, anterior, superior.
        background: value outside the fan.
        window: values that become 0 and 255.
    """
    return tuple(_middle_plane(image, name, background, window) for name in _ACROSS)


def _middle_plane(image: Image, name: str, background: float, window: tuple[float, float]) -> Plane:
    across = _ACROSS[name]
    slab = np.moveaxis(image.voxels, across, 0)[image.shape[across] // 2]
    columns_mm, rows_mm = (step for axis, step in enumerate(image.spacing_mm) if axis != across)
    upright = np.nan_to_num(slab[:, ::-1].T.astype(np.float32), posinf=window[1], neginf=window[0])
    low, high = window
    pixels = _smaller(np.clip((upright - low) / max(high - low, 1e-6), 0, 1))
    inside = _smaller((upright != background).astype(np.float32)) > 0.5
    rows, columns = pixels.shape
    return Plane(
        name=name,
        pixels=np.rint(255 * pixels).astype(np.uint8),
        # Speckle has black voxels: the fan is what they are surrounded by.
        fan=ndimage.binary_fill_holes(ndimage.binary_opening(inside)).astype(bool),
        spacing_mm=(rows_mm * upright.shape[0] / rows, columns_mm * upright.shape[1] / columns),
    )


def _smaller(plane: Float[np.ndarray, "r c"]) -> Float[np.ndarray, "r2 c2"]:
    rows, columns = (area_average(length, min(length, MOST_PIXELS)) for length in plane.shape)
    return rows @ plane @ columns.T
