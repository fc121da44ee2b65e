"""Intensities: clipped and mapped to [0, 1], then standardised inside the fan, both scan by scan."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32
from numpy.typing import NDArray

Batch = Float32[torch.Tensor, "batch 1 i j k"]
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
    low, high = np.percentile(values[inside], percentiles, overwrite_input=True)
    low = background if percentiles[0] == 0 else low
    span = max(high - low, np.finfo(np.float32).tiny)
    in_order = (values.T, inside.T) if values.flags.f_contiguous else (values, inside)
    for part, fan in zip(*in_order, strict=True):  # slice by slice, as what is between takes 30 bytes a voxel
        part[...] = np.where(fan, np.clip((part - low) / span, 0, 1), 0)
    return values


def standardise_(scans: Batch) -> Batch:
    """Intensities in [0, 1] to zero mean and unit variance over the fan of this scan.

    Scan by scan, and after augmentation: clipped scans still differ in brightness and contrast, and thirty patients
    are too few for a network to learn that neither means volume. In place; a scan without tissue stays as it is.
    """
    for scan in scans:
        flat = scan.view(-1)
        tissue = (flat - DARKEST_TISSUE).sign_().clamp_(min=0)  # 0 or 1, at a fifth of the price of a comparison
        count, of_tissue = tissue.sum(), flat * tissue
        mean = of_tissue.sum() / count.clamp(min=1)
        # Of an empty fan the mean is 0 and all values are; else the sum of squares stays near that of the deviations.
        variance = ((of_tissue - mean * tissue).square_().sum() / count.clamp(min=1)).clamp_(min=1e-6)
        flat.sub_(mean).div_(torch.where(count > 0, variance.sqrt(), 1.0))
    return scans


def standardise(voxels: Voxels) -> Voxels:
    """The same for one scan, as a new array."""
    return standardise_(torch.from_numpy(np.array(voxels, dtype=np.float32, order="C"))[None, None])[0, 0].numpy()
