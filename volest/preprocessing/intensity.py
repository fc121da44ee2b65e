"""Intensities: clipped and mapped to [0, 1] scan by scan, then standardised with the training scans' statistics."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from volest.records.model import IntensityScaling

Voxels = Float[np.ndarray, "i j k"]


def clip_to_unit(voxels: NDArray, percentiles: tuple[float, float]) -> Voxels:
    """Clip to percentiles of the fan and map them to 0 and 1; the background, the lowest value, becomes 0.

    A scan's gain and dynamic range are settings of the machine, not of the patient: percentiles inside the fan undo
    them, whatever share of the raster the fan fills.
    """
    values = voxels.astype(np.float32)
    background = values.min()
    inside = values > background
    if not inside.any():
        return np.zeros_like(values)
    low, high = np.percentile(values[inside], percentiles)
    low = background if percentiles[0] == 0 else low
    unit = np.clip((values - low) / max(high - low, np.finfo(np.float32).tiny), 0, 1)
    return np.where(inside, unit, 0).astype(np.float32)


def fit_intensity(scans: Iterable[Voxels]) -> IntensityScaling:
    """Mean and standard deviation over all voxels of the training scans, each scan weighing the same."""
    moments = np.array(
        [(v.mean(dtype=np.float64), np.square(v, dtype=np.float32).mean(dtype=np.float64)) for v in scans]
    )
    mean, mean_square = moments.mean(axis=0)
    return IntensityScaling(mean=float(mean), sd=float(np.sqrt(max(mean_square - mean**2, 1e-12))))


def standardise(voxels: Voxels, scaling: IntensityScaling) -> Voxels:
    """Intensities in [0, 1] to about zero mean and unit variance over the training scans."""
    return ((voxels - scaling.mean) / scaling.sd).astype(np.float32, copy=False)
