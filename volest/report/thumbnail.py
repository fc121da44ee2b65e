"""Planes of a scan as small pictures at their true proportions, the outline of the fan over them."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import contourpy
import numpy as np
from jaxtyping import Bool, Float, UInt8
from matplotlib.path import Path as Polygon
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from volest.audit.plane import Plane
from volest.report.figures import round_length_mm

SIDE_PX = 104
"""Length on the page of the longest edge of a scan; all its planes share one scale."""

SMALLEST_PX = 2.0
"""Below this a thin plane could not be seen."""

LETTERS = {
    "axial": ("L", "A", "R", "P"),
    "coronal": ("L", "S", "R", "I"),
    "sagittal": ("P", "S", "A", "I"),
}
"""Where each plane looks: towards the left, top, right and bottom edge."""

LEAST_OUTLINE_PX = 10.0
"""Islands of the fan below this size are noise at the size of a thumbnail."""

MARGIN = 4
"""Pixels around a plane, more than the smoothing of the outline reaches."""

JPEG_QUALITY = 82


@dataclass(frozen=True)
class Thumbnail:
    """One plane on a page.

    Attributes:
        name: of the plane: axial, coronal or sagittal.
        source: the picture as a `data:` address.
        width_px: on the page, with `height_px` proportional to millimetres.
        outline: of the fan, as an SVG path in pixels of the page; empty without a fan.
        letters: towards the left, top, right and bottom edge of the picture.
    """

    name: str
    source: str
    width_px: float
    height_px: float
    outline: str
    letters: tuple[str, str, str, str]


@dataclass(frozen=True)
class ScaleBar:
    """A round length, and how long it is on the page."""

    length_mm: float
    length_px: float


def draw_planes(planes: Sequence[Plane]) -> tuple[tuple[Thumbnail, ...], ScaleBar]:
    """The planes of one scan, all at one scale, and the bar that tells it."""
    longest_mm = max(max(_extent_mm(plane)) for plane in planes)
    px_per_mm = SIDE_PX / longest_mm
    length_mm = round_length_mm(longest_mm)
    return tuple(_draw(plane, px_per_mm) for plane in planes), ScaleBar(length_mm, length_mm * px_per_mm)


def data_uri(pixels: UInt8[np.ndarray, "row column"]) -> str:
    """A grey picture as JPEG inside an address."""
    encoded = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(encoded, format="JPEG", quality=JPEG_QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(encoded.getvalue()).decode()


def outline_path(fan: Bool[np.ndarray, "row column"], width_px: float, height_px: float) -> str:
    """The border of a fan, as the path of an SVG of `width_px` by `height_px`, smoothed by about a pixel."""
    padded = np.pad(fan, MARGIN).astype(np.float32)  # so that a fan that touches the edge is closed along it
    smooth = ndimage.gaussian_filter(padded, 1.0)
    scale = np.array([width_px / fan.shape[1], height_px / fan.shape[0]])
    lines = contourpy.contour_generator(z=smooth).lines(0.5)
    rings = [(np.asarray(line) - MARGIN + 0.5) * scale for line in lines]
    return "".join(_ring(ring) for ring in rings if np.ptp(ring, axis=0).max() >= LEAST_OUTLINE_PX)


def _ring(corners: Float[np.ndarray, "corner 2"]) -> str:
    polygon = Polygon(corners)
    polygon.simplify_threshold = 0.5
    cleaned = polygon.cleaned(simplify=True)
    assert cleaned.codes is not None
    kept: NDArray[Any] = np.asarray(cleaned.vertices)[np.asarray(cleaned.codes) != Polygon.STOP]
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in kept) + "Z"


def _draw(plane: Plane, px_per_mm: float) -> Thumbnail:
    height_px, width_px = (round(max(SMALLEST_PX, px_per_mm * edge), 1) for edge in _extent_mm(plane))
    outline = outline_path(plane.fan, width_px, height_px)
    return Thumbnail(plane.name, data_uri(plane.pixels), width_px, height_px, outline, LETTERS[plane.name])


def _extent_mm(plane: Plane) -> tuple[float, float]:
    rows, columns = plane.pixels.shape
    return rows * plane.spacing_mm[0], columns * plane.spacing_mm[1]
