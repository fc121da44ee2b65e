"""Linear maps along one axis of a scan, as matrices: on rasters of these sizes the quickest way there is."""

from functools import lru_cache
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Float32
from scipy import ndimage

from volest.augmentation.voxels import Scan

AxisMap = Float32[np.ndarray, "n n"]
Border = Literal["reflect", "wrap"]


def along(voxels: Scan, matrix: AxisMap, axis: int) -> Scan:
    """Every line of voxels along `axis`, times the matrix."""
    weights = torch.from_numpy(matrix).to(voxels.device)
    if axis == 2:
        return voxels @ weights.T
    lines = voxels.reshape(-1, voxels.shape[axis], voxels[0].numel() if axis == 0 else voxels.shape[2])
    return (weights @ lines).reshape(voxels.shape)


@lru_cache(maxsize=64)
def gaussian(n: int, sd_voxels: float, mode: Border, truncate: float) -> AxisMap:
    """A Gaussian filter on lines of `n` voxels: scipy's answer to each unit vector."""
    return ndimage.gaussian_filter1d(np.eye(n, dtype=np.float32), sd_voxels, axis=0, mode=mode, truncate=truncate)


def interpolation(n: int, onto: int) -> Float[np.ndarray, "onto n"]:
    """Linear interpolation from `n` voxels onto `onto` places spread evenly from the first to the last."""
    places = np.linspace(0, n - 1, onto)
    return np.maximum(0, 1 - np.abs(places[:, None] - np.arange(n)))


def smoothed(voxels: Scan, sd_voxels: float, mode: Border, truncate: float) -> Scan:
    """A Gaussian filter along all three axes."""
    for axis, n in enumerate(voxels.shape):
        voxels = along(voxels, gaussian(n, sd_voxels, mode, truncate), axis)
    return voxels
