"""What makes a scan or its reference unusable, whoever asks: admission to a training, or the audit."""

import math
from dataclasses import dataclass

from volest.geometry import CUBIC_MM_PER_ML, Shape
from volest.images.image import Image

LEAST_SQUARE = 0.99
"""Volume of a voxel over the product of its spacings: 1 where axes are at right angles, as those of a grid are."""

FEWEST_SLICES = 4
"""The recursive Gaussian before a coarser grid needs as many voxels along each axis (ITK)."""

SMALLEST_EDGE_MM, LARGEST_EDGE_MM = 5.0, 1000.0
"""Of a field of view: below, no organ; above, no probe."""


@dataclass(frozen=True)
class Fault:
    """Why something cannot be used.

    Attributes:
        sentence: what was got, to be read after the name of the scan.
        remedy: what to do.
    """

    sentence: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.sentence}. {self.remedy}"


def squareness(image: Image) -> float:
    """Volume of a voxel over the product of its spacings."""
    return image.voxel_volume_ml * CUBIC_MM_PER_ML / math.prod(image.spacing_mm)


def single_slice(shape: Shape) -> Fault | None:
    """A raster without depth, or with too little for it to be smoothed on its way to a coarser grid."""
    if min(shape) >= FEWEST_SLICES:
        return None
    return Fault(
        f"shape {shape} has {'a single slice' if min(shape) < 2 else f'{min(shape)} slices'} along one axis; expected "
        f"a 3D raster of at least {FEWEST_SLICES}",
        "Stack the slices of a sweep into one file.",
    )


def implausible_field(shape: Shape, spacing_mm: tuple[float, float, float]) -> Fault | None:
    """A raster that no ultrasound probe makes: its volume would be wrong by the cube of the mistake."""
    extent_mm = [n * step for n, step in zip(shape, spacing_mm, strict=True)]
    if min(extent_mm) >= SMALLEST_EDGE_MM and max(extent_mm) <= LARGEST_EDGE_MM:
        return None
    size = " x ".join(f"{edge:.4g}" for edge in extent_mm)
    return Fault(
        f"the field of view is {size} mm; expected edges of {SMALLEST_EDGE_MM:g} mm to {LARGEST_EDGE_MM / 1000:g} m",
        "Correct the spacing in the file, or its unit.",
    )


def sheared(square: float) -> Fault | None:
    """Axes that are not at right angles."""
    if square >= LEAST_SQUARE:
        return None
    return Fault(
        f"its axes are not at right angles (a voxel has {square:.0%} of the volume that its spacing says), so that a "
        "grid of boxes would change its millilitres",
        "Resample it onto orthogonal axes.",
    )


def not_finite(odd_voxels: int, voxels: int) -> Fault | None:
    """Voxels that are no numbers."""
    if not odd_voxels:
        return None
    return Fault(
        f"{odd_voxels} of {voxels} voxels are NaN or infinite",
        "Export it again, with a number (0 outside the fan) in every voxel.",
    )


def constant(low: float, high: float) -> Fault | None:
    """An image that shows nothing."""
    if low < high:
        return None
    return Fault(f"every voxel is {low:g}; the image shows nothing", "Export it again or remove it.")


def larger_than_field(
    volume_ml: float, field_of_view_ml: float, shape: Shape, spacing_mm: tuple[float, float, float]
) -> Fault | None:
    """A reference for which there is no room."""
    if volume_ml < field_of_view_ml:
        return None
    spacing = " x ".join(f"{step:.4g}" for step in spacing_mm)
    return Fault(
        f"volume_ml {volume_ml:g} is larger than the field of view, {field_of_view_ml:.4g} mL (shape {shape}, spacing "
        f"{spacing} mm)",
        "Correct the unit of the label, or the spacing in the file.",
    )


def changed_file(expected_sha256: str | None, sha256: str) -> Fault | None:
    """A file that is not the one that was indexed."""
    if expected_sha256 is None or expected_sha256.lower() == sha256:
        return None
    return Fault(
        f"the file has changed since the manifest was made (SHA-256 {sha256[:12]}..., expected "
        f"{expected_sha256[:12]}...)",
        "Run `volest index` again if that was intended.",
    )
