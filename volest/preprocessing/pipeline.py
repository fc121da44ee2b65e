"""From a scan to the network's grid, through torchio: nearest RAS axes, clip, resample, pad."""

from dataclasses import dataclass

import numpy as np
import torchio
from jaxtyping import Float

from volest.geometry import Affine, Grid, Shape, from_nearest_ras, spacing_mm
from volest.images.image import Image
from volest.preprocessing.intensity import Voxels, clip_to_unit

VERSION = 1
"""Raised when the same scan and settings would give other voxels, so that old cache entries are not used."""


@dataclass(frozen=True)
class Prepared:
    """A scan on the network's grid.

    Attributes:
        voxels: (i, j, k) on the grid, intensities in [0, 1], background 0.
        cut: share of the scan's bright content that lies outside the grid; 0 for every scan the grid was planned on.
    """

    voxels: Voxels
    cut: float


def prepare(image: Image, grid: Grid, clip_percentiles: tuple[float, float]) -> Prepared:
    """Put a scan in the middle of `grid`; what lies outside the scan is background.

    Oblique scans are not rotated: their own axes carry the volume as well, without interpolation.
    """
    ras = image.nearest_ras()
    unit = clip_to_unit(ras.voxels, clip_percentiles)
    return Prepared(_on_grid(unit, ras, grid), _share_outside(unit, ras, grid))


def prepare_occupancy(mask: Image, grid: Grid) -> Voxels:
    """Share of each voxel of `grid` that lies inside the structure, where the mask is not 0; as `prepare` places it."""
    ras = mask.nearest_ras()
    return _on_grid((ras.voxels != 0).astype(np.float32), ras, grid)


def place_back(values: Voxels, image: Image, grid: Grid) -> Image:
    """Values on `grid` at the voxels of the scan, in its own axes: the way back from `prepare`, linearly interpolated.

    Voxels of the scan that lie outside the grid become 0.
    """
    ras = image.nearest_ras()
    on_grid = torchio.ScalarImage(tensor=values[None], affine=_target(ras, grid))
    own = _corner_affine(_spacing_seen(ras, grid), np.zeros(3))
    on_scan = torchio.Resample((ras.shape, own))(on_grid).data[0].numpy()
    return Image(np.ascontiguousarray(from_nearest_ras(on_scan, image.affine)), image.affine)


def _on_grid(unit: Float[np.ndarray, "x y z"], ras: Image, grid: Grid) -> Voxels:
    scan = torchio.ScalarImage(tensor=unit[None], affine=_corner_affine(_spacing_seen(ras, grid), np.zeros(3)))
    resampled = torchio.Resample((grid.shape, _target(ras, grid)), antialias=True)(scan).data[0].numpy()
    return np.clip(resampled, 0, 1).astype(np.float32, copy=False)


def _target(ras: Image, grid: Grid) -> Affine:
    return _middle(ras.shape, _spacing_seen(ras, grid), grid.shape, grid.spacing_mm or 1.0)


def _spacing_seen(ras: Image, grid: Grid) -> tuple[float, float, float]:
    """In mm; on a stretched grid in voxels of the grid, so that the field of view fills it whatever its size."""
    if not grid.is_stretched:
        return spacing_mm(ras.affine)
    i, j, k = (n_grid / n for n_grid, n in zip(grid.shape, ras.shape, strict=True))
    return i, j, k


def _middle(shape: Shape, spacing: tuple[float, float, float], grid_shape: Shape, step: float) -> Affine:
    """Affine of the grid around a scan whose corner is the origin.

    The margin is a whole number of voxels: a scan that has the grid's spacing is copied, not interpolated.
    """
    margin = (np.array(grid_shape) * step - np.array(shape) * np.array(spacing)) / 2
    return _corner_affine((step, step, step), -np.floor(margin / step + 1e-6) * step)


def _corner_affine(spacing: tuple[float, float, float], corner: np.ndarray) -> Affine:
    """Axis-aligned affine of a raster whose outermost corner, half a voxel before the first centre, is `corner`."""
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = corner + np.array(spacing) / 2
    return affine


def _share_outside(unit: Voxels, ras: Image, grid: Grid) -> float:
    """Share of the intensities whose voxel centres lie outside the grid."""
    affine, grid_affine = _corner_affine(_spacing_seen(ras, grid), np.zeros(3)), _target(ras, grid)
    slices = []
    for axis, n in enumerate(unit.shape):
        centres = affine[axis, 3] + np.arange(n) * affine[axis, axis]
        index = (centres - grid_affine[axis, 3]) / grid_affine[axis, axis]
        within = np.flatnonzero((index > -0.5) & (index < grid.shape[axis] - 0.5))
        slices.append(slice(within[0], within[-1] + 1) if within.size else slice(0))
    total = float(unit.sum(dtype=np.float64))
    return 1 - float(unit[tuple(slices)].sum(dtype=np.float64)) / total if total else 0.0
