"""What a scan looks like before any network has judged it: size, grey levels, sharpness, and where its field lies."""

from collections.abc import Sequence
from itertools import product

import numpy as np
from jaxtyping import Float

from volest.preprocessing.intensity import DARKEST_TISSUE, Voxels

Trait = Float[np.ndarray, " number"]

SIZE, GREY_LEVELS, SHARPNESS, LAYOUT = "size", "grey levels", "sharpness", "layout"
"""Names of the traits, as `novelty.csv` and `reference.safetensors` hold them."""

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles of the grey levels in the fan."""

LAGS = (1, 2)
"""Distances in voxels over which grey levels are compared: noise differs from its next neighbour, speckle less so."""

BLOCKS = 4
"""Of the raster along each axis, whose means tell where the field and its tissue lie."""


def appearance(
    voxels: Voxels, spacing_mm: Sequence[float], fov_ml: float, mirrored_axes: Sequence[int]
) -> dict[str, Trait]:
    """The traits of a scan, each some numbers of one kind.

    Args:
        voxels: (i, j, k) on the network's grid, in [0, 1], background 0.
        spacing_mm: of the raster as acquired, along i, j, k.
        fov_ml: of the raster as acquired.
        mirrored_axes: along which the training mirrored scans: there a mirrored one is nothing new.
    """
    return {
        SIZE: np.log([*sorted(spacing_mm), fov_ml]),
        GREY_LEVELS: grey_levels(voxels),
        SHARPNESS: sharpness(voxels),
        LAYOUT: layout(voxels, mirrored_axes),
    }


def grey_levels(voxels: Voxels) -> Trait:
    """Share of the raster that the fan fills, and quantiles of the grey levels in it."""
    fan = voxels[voxels > DARKEST_TISSUE]
    levels = np.quantile(fan, LEVELS) if fan.size else np.zeros(len(LEVELS))
    return np.array([fan.size / voxels.size, *levels])


def sharpness(voxels: Voxels) -> Trait:
    """Logarithm of the mean step of grey level between neighbours in the fan, along each axis, at each of `LAGS`."""
    fan = voxels > DARKEST_TISSUE
    steps = []
    for axis, lag in product(range(3), LAGS):
        there, here = np.moveaxis(voxels, axis, 0)[lag:], np.moveaxis(voxels, axis, 0)[:-lag]
        inside = np.moveaxis(fan, axis, 0)
        both = inside[lag:] & inside[:-lag]
        steps.append(np.abs(there - here)[both].mean() if both.any() else 0.0)
    return np.log(np.array(steps) + 1e-3)


def layout(voxels: Voxels, mirrored_axes: Sequence[int]) -> Trait:
    """Means over blocks of the raster; of the scan and its mirror images where the training has seen both alike."""
    means = block_means(voxels)
    for axis in mirrored_axes:
        means = (means + np.flip(means, axis)) / 2
    return means.ravel()


def block_means(voxels: Voxels) -> Float[np.ndarray, "x y z"]:
    """Means over `BLOCKS` parts along each axis."""
    means: np.ndarray = voxels.astype(float)
    for axis, n in enumerate(voxels.shape):
        starts = np.linspace(0, n, BLOCKS, endpoint=False).astype(int)
        totals = np.add.reduceat(means, starts, axis=axis)
        sizes = np.diff([*starts.tolist(), n])
        means = totals / np.expand_dims(sizes, tuple(other for other in range(3) if other != axis))
    return means
