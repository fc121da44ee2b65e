"""A raster and where it lies."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from volest import geometry
from volest.geometry import Affine, Shape


@dataclass(frozen=True)
class Image:
    """One scan in memory.

    Attributes:
        voxels: array (i, j, k), as stored in the file.
        affine: index (i, j, k) to RAS+ mm.
    """

    voxels: NDArray[Any]
    affine: Affine

    @property
    def shape(self) -> Shape:
        """Voxels along i, j, k."""
        i, j, k = self.voxels.shape
        return i, j, k

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance between neighbouring voxels along i, j and k."""
        return geometry.spacing_mm(self.affine)

    @property
    def voxel_volume_ml(self) -> float:
        """Volume of one voxel."""
        return geometry.voxel_volume_ml(self.affine)

    @property
    def field_of_view_ml(self) -> float:
        """Volume of the whole raster."""
        return geometry.field_of_view_ml(self.shape, self.affine)

    def nearest_ras(self) -> "Image":
        """The same scan with axes i, j, k nearest to right, anterior, superior."""
        return Image(*geometry.to_nearest_ras(self.voxels, self.affine))
