"""Where voxels lie: affines from index (i, j, k) to RAS+ millimetres, and the grid that a network sees."""

from dataclasses import dataclass
from typing import Any

import nibabel
import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Affine = Float[np.ndarray, "4 4"]
Shape = tuple[int, int, int]

AXES = ("i", "j", "k")
"""Names of the array axes, in order."""

CUBIC_MM_PER_ML = 1000.0


def spacing_mm(affine: Affine) -> tuple[float, float, float]:
    """Distance between neighbouring voxels along i, j and k: the column norms of the affine."""
    i, j, k = np.linalg.norm(affine[:3, :3], axis=0)
    return float(i), float(j), float(k)


def voxel_volume_ml(affine: Affine) -> float:
    """Volume of one voxel; the determinant also holds for sheared axes."""
    return float(abs(np.linalg.det(affine[:3, :3]))) / CUBIC_MM_PER_ML


def field_of_view_ml(shape: Shape, affine: Affine) -> float:
    """Volume of the whole raster."""
    return float(np.prod(shape)) * voxel_volume_ml(affine)


def extent_mm(shape: Shape, affine: Affine) -> tuple[float, float, float]:
    """Edge lengths of the raster along i, j and k."""
    i, j, k = (n * step for n, step in zip(shape, spacing_mm(affine), strict=True))
    return i, j, k


def centred_affine(shape: Shape, spacing: tuple[float, float, float]) -> Affine:
    """Axis-aligned affine that puts the centre of a raster at the origin."""
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = -(np.asarray(shape) - 1) / 2 * np.asarray(spacing)
    return affine


def to_nearest_ras(voxels: NDArray[Any], affine: Affine) -> tuple[NDArray[Any], Affine]:
    """Permute and flip the axes so that i, j, k run nearest to right, anterior, superior. No voxel is interpolated."""
    orientation = nibabel.orientations.io_orientation(affine)
    turned = nibabel.orientations.apply_orientation(voxels, orientation)
    return turned, affine @ nibabel.orientations.inv_ornt_aff(orientation, voxels.shape)


def from_nearest_ras(turned: NDArray[Any], affine: Affine) -> NDArray[Any]:
    """Undo `to_nearest_ras`: the voxels with their axes as in the raster that `affine` belongs to."""
    nearest_ras = nibabel.orientations.axcodes2ornt("RAS")
    back = nibabel.orientations.ornt_transform(nearest_ras, nibabel.orientations.io_orientation(affine))
    return nibabel.orientations.apply_orientation(turned, back)


@dataclass(frozen=True)
class Grid:
    """The raster that a network sees.

    Attributes:
        shape: voxels along i, j, k.
        spacing_mm: isotropic spacing; None where every raster is stretched onto `shape` and physical size is lost.
    """

    shape: Shape
    spacing_mm: float | None

    @property
    def is_stretched(self) -> bool:
        """Whether the field of view, not the millimetre, is the unit of length."""
        return self.spacing_mm is None
