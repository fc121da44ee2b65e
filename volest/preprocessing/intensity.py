"""Intensities: clipped and mapped to [0, 1], then standardised inside the fan, both scan by scan."""

from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Voxels = Float[np.ndarray, "i j k"]

DARKEST_TISSUE = 0.02
"""Below it, of the range of a clipped scan, a voxel is background or blurred over from it."""


def clip_to_unit(voxels: NDArray[Any], percentiles: tuple[float, float]) -> Voxels:
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


def standardise(voxels: Voxels) -> Voxels:
    """Intensities in [0, 1] to zero mean and unit variance over the fan of this scan.

    Scan by scan, and after augmentation: clipped scans still differ in brightness and contrast, and thirty patients
    are too few for a network to learn that neither means volume.
    """
    fan = voxels[voxels > DARKEST_TISSUE]
    if not fan.size:
        return voxels
    return ((voxels - fan.mean()) / max(float(fan.std()), 1e-3)).astype(np.float32, copy=False)
