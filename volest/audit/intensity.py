"""Grey levels of one scan, in figures."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BRIGHTEST_PERCENTILE = 99.5


@dataclass(frozen=True)
class IntensityMeasures:
    """Grey levels as stored, and how they are spread.

    Attributes:
        voxels: of the raster.
        odd_voxels: those that are NaN or infinite; left out of all that follows.
        low, high: darkest and brightest value.
        background: commonest value on the faces of the raster.
        background_share: of the voxels on the faces, those of that value.
        at_low, at_high: shares of the raster.
        outside: share of the raster that has the value of the background.
        bright: the 99.5th percentile.
        fan_mean, fan_sd: of the voxels that are not background, on a scale from `low` 0 to `high` 1.
        fan_at_high: share of the voxels that are not background at the brightest value.
    """

    voxels: int
    odd_voxels: int
    low: float
    high: float
    background: float
    background_share: float
    at_low: float
    at_high: float
    outside: float
    bright: float
    fan_mean: float
    fan_sd: float
    fan_at_high: float


def measure_intensity(voxels: NDArray[Any]) -> IntensityMeasures:
    """Measure a raster of integers or floating-point numbers."""
    values = voxels.ravel(order="K")
    total = values.size
    if values.dtype.kind == "f":
        values = values[np.isfinite(values)]
    if not values.size:
        return IntensityMeasures(total, total, *[0.0] * 11)
    low, high, background, share = float(values.min()), float(values.max()), *_background(voxels)
    fan = values[values != background].astype(np.float32)
    scaled = (fan - low) / max(high - low, 1e-12) if fan.size else np.zeros(1, np.float32)
    return IntensityMeasures(
        voxels=total,
        odd_voxels=total - values.size,
        low=low,
        high=high,
        background=background,
        background_share=share,
        at_low=float(np.mean(values == low)),
        at_high=float(np.mean(values == high)),
        outside=1 - fan.size / values.size,
        bright=float(np.percentile(values, BRIGHTEST_PERCENTILE)),
        fan_mean=float(scaled.mean(dtype=np.float64)),
        fan_sd=float(scaled.std(dtype=np.float64)),
        fan_at_high=float(np.mean(fan == high)) if fan.size else 0.0,
    )


def _background(voxels: NDArray[Any]) -> tuple[float, float]:
    """Commonest value on the six faces, and its share of them."""
    faces = np.concatenate([voxels.take(end, axis=axis).ravel() for axis in range(3) for end in (0, -1)])
    faces = faces[np.isfinite(faces)] if faces.dtype.kind == "f" else faces
    if not faces.size:
        return 0.0, 0.0
    found, counts = np.unique(faces, return_counts=True)
    return float(found[counts.argmax()]), float(counts.max() / faces.size)
