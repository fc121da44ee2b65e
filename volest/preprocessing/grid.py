"""The raster that the network sees, planned from the training scans of a fold."""

import math
from collections.abc import Sequence

import numpy as np

from volest.config.schema import PreprocessingConfig
from volest.errors import ConfigError
from volest.geometry import Grid, Shape

MULTIPLE = 8
"""Edges are rounded up to this many voxels, so that three halvings in the network lose nothing."""

Raster = tuple[Shape, tuple[float, float, float]]
"""Shape and spacing in mm along i, j, k, axes nearest to RAS."""


def plan_grid(rasters: Sequence[Raster], config: PreprocessingConfig) -> Grid:
    """The finest grid that holds the field of view of every raster within the voxel budget.

    It is never finer than the rasters themselves are (median of their finest spacing): finer voxels cost time and add
    nothing. With `fit: stretch` the grid is `shape`, or the largest cube within the budget.

    Raises:
        ConfigError: `shape` and `spacing_mm` are both given and too small for a training scan.
    """
    if config.fit == "stretch":
        edge = MULTIPLE * int(round(config.voxel_budget ** (1 / 3), 6) // MULTIPLE)
        return Grid(config.shape or (edge, edge, edge), spacing_mm=None)
    largest_mm = np.max([np.multiply(shape, spacing) for shape, spacing in rasters], axis=0)
    if config.spacing_mm is not None:
        return Grid(_shape_given(largest_mm, config.spacing_mm, config.shape), config.spacing_mm)
    if config.shape is not None:
        return Grid(config.shape, _round_up(float(np.max(largest_mm / np.array(config.shape)))))
    spacing_mm = _round_up(float(np.median([min(spacing) for _, spacing in rasters])))
    while math.prod(_shape(largest_mm, spacing_mm)) > config.voxel_budget:
        spacing_mm = _round_up(spacing_mm * 1.01)
    return Grid(_shape(largest_mm, spacing_mm), spacing_mm)


def _shape_given(extent_mm: np.ndarray, spacing_mm: float, shape: Shape | None) -> Shape:
    needed = _shape(extent_mm, spacing_mm)
    if shape is not None and (np.array(shape) * spacing_mm < extent_mm - 1e-6).any():
        raise ConfigError(
            f"preprocessing.shape {list(shape)} at spacing_mm {spacing_mm:g} would cut into the largest training scan, "
            f"{' x '.join(f'{edge:.4g}' for edge in extent_mm)} mm. Leave shape out for {list(needed)}."
        )
    return shape or needed


def _shape(extent_mm: np.ndarray, spacing_mm: float) -> Shape:
    voxels = np.ceil(extent_mm / spacing_mm - 1e-6)  # a field of view of exactly n voxels needs n, not n + 1
    i, j, k = (int(MULTIPLE * math.ceil(n / MULTIPLE)) for n in voxels)
    return i, j, k


def _round_up(spacing_mm: float) -> float:
    """To two significant digits and a half, so that folds with nearly the same scans share a grid and its cache."""
    step = 10.0 ** (math.floor(math.log10(spacing_mm)) - 1) / 2
    return round(math.ceil(spacing_mm / step - 1e-6) * step, 10)
