"""Grey levels of one scan, in figures."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool
from numpy.typing import NDArray

BRIGHTEST_PERCENTILE = 99.5

COARSEST = 64
"""Voxels along an axis at least, where a raster is thinned out to look for holes."""


@dataclass(frozen=True)
class IntensityMeasures:
    """Grey levels as stored, and how they are spread.

    Attributes:
        voxels: of the raster.
        odd_voxels: those that are NaN or infinite; left out of all that follows.
        low, high: darkest and brightest value.
        background: commonest value on the faces of the raster.
        background_share: of the voxels on the faces, those of that value.
        outside: share of the raster that has the value of the background.
        bright: the 99.5th percentile.
        fan_mean: of the voxels that are not background, on a scale from `low` 0 to `high` 1.
        fan_at_high: share of the voxels that are not background at the brightest value.
        fan_hollow: share of the voxels between those that are not background that have the value of the background.
        levels: different values, as far as a thinned-out raster shows them.
    """

    voxels: int
    odd_voxels: int
    low: float = 0.0
    high: float = 0.0
    background: float = 0.0
    background_share: float = 0.0
    outside: float = 0.0
    bright: float = 0.0
    fan_mean: float = 0.0
    fan_at_high: float = 0.0
    fan_hollow: float = 0.0
    levels: int = 0


def measure_intensity(voxels: NDArray[Any]) -> IntensityMeasures:
    """Measure a raster of integers or floating-point numbers."""
    values = voxels.ravel(order="K")
    total = values.size
    if values.dtype.kind == "f":
        values = values[np.isfinite(values)]
    if not values.size:
        return IntensityMeasures(total, total)
    low, high, background, share = float(values.min()), float(values.max()), *_background(voxels)
    fan = values[values != background].astype(np.float32)
    thin = voxels[tuple(slice(None, None, max(1, n // COARSEST)) for n in voxels.shape)]
    scaled = (fan - low) / max(high - low, 1e-12) if fan.size else np.zeros(1, np.float32)
    return IntensityMeasures(
        voxels=total,
        odd_voxels=total - values.size,
        low=low,
        high=high,
        background=background,
        background_share=share,
        outside=1 - fan.size / values.size,
        bright=float(np.percentile(values, BRIGHTEST_PERCENTILE)),
        fan_mean=float(scaled.mean(dtype=np.float64)),
        fan_at_high=float(np.mean(fan == high)) if fan.size else 0.0,
        fan_hollow=_hollow(thin != background),
        levels=len(np.unique(thin)),
    )


def _background(voxels: NDArray[Any]) -> tuple[float, float]:
    """Commonest value on the six faces, and its share of them."""
    faces = np.concatenate([np.moveaxis(voxels, axis, 0)[end].ravel() for axis in range(3) for end in (0, -1)])
    faces = faces[np.isfinite(faces)] if faces.dtype.kind == "f" else faces
    if not faces.size:
        return 0.0, 0.0
    found, counts = np.unique(faces, return_counts=True)
    return float(found[counts.argmax()]), float(counts.max() / faces.size)


def _hollow(seen: Bool[np.ndarray, "i j k"]) -> float:
    """Of the voxels with something seen on both sides along an axis, the share where nothing is."""
    between = seen.copy()
    for axis in range(3):
        before = np.logical_or.accumulate(seen, axis=axis)
        after = np.flip(np.logical_or.accumulate(np.flip(seen, axis), axis=axis), axis)
        between |= before & after
    return float(1 - seen[between].mean()) if between.any() else 0.0
