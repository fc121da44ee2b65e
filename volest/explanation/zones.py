"""Where in a scan a map has its mass."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool
from scipy import ndimage

from volest.images.image import Image
from volest.preprocessing.scanned_field import scanned_field

Region = Bool[np.ndarray, "i j k"]

EDGE_SHARE = 0.1
"""Width of the zones along edges, of the shortest edge of the raster."""

MARKS, BORDER, FAN_EDGE, INNER = "marks beside the fan", "border of the raster", "edge of the fan", "inside the fan"


@dataclass(frozen=True)
class ZoneShare:
    """One zone.

    Attributes:
        mass: of the absolute values of the map, the part that lies here.
        even: what a map would have here that is the same everywhere in the zones.
    """

    mass: float
    even: float

    @property
    def excess(self) -> float:
        """Part of the map that lies here beyond an even one: 0 for that, 1 where all of the map lies here."""
        return (self.mass - self.even) / (1 - self.even) if self.even < 1 else 0.0


def zones_of(image: Image) -> dict[str, Region]:
    """Marks beside the scanned field, its rim along the raster and along the fan, and the rest of it; none overlap.

    What lies in no zone is background.
    """
    width_mm = EDGE_SHARE * min(n * step for n, step in zip(image.shape, image.spacing_mm, strict=True))
    bright = image.voxels > image.voxels.min()
    field = scanned_field(bright)
    border = _near(_faces(image), width_mm, image) & _near(field, width_mm, image)
    fan_edge = _near(field, width_mm, image) & _near(~field, width_mm, image) & ~border
    marks = _near(bright & ~_near(field, width_mm, image), width_mm, image) & ~fan_edge & ~field
    return {MARKS: marks, BORDER: border & ~marks, FAN_EDGE: fan_edge, INNER: field & ~border & ~fan_edge}


def share_of_mass(density: Image, zones: Mapping[str, Region]) -> dict[str, ZoneShare]:
    """The share of each zone; 0 everywhere for an empty map."""
    mass = np.abs(density.voxels)
    whole, voxels = float(mass.sum(dtype=np.float64)), sum(int(zone.sum()) for zone in zones.values())
    return {
        name: ZoneShare(float(mass[zone].sum(dtype=np.float64)) / (whole or 1.0), int(zone.sum()) / max(voxels, 1))
        for name, zone in zones.items()
    }


def hot_region(density: Image, volume_ml: float) -> Region:
    """The voxels with the highest density that together have `volume_ml`."""
    count = int(np.clip(round(volume_ml / density.voxel_volume_ml), 1, density.voxels.size))
    hottest = np.argpartition(density.voxels.ravel(), -count)[-count:]
    region = np.zeros(density.voxels.size, bool)
    region[hottest] = True
    return region.reshape(density.shape)


def _faces(image: Image) -> Region:
    faces = np.ones(image.shape, bool)
    faces[1:-1, 1:-1, 1:-1] = False
    return faces


def _near(region: Region, distance_mm: float, image: Image) -> Region:
    """Voxels within `distance_mm` of the region, itself included."""
    if not region.any():
        return region
    return np.asarray(ndimage.distance_transform_edt(~region, sampling=image.spacing_mm) <= distance_mm)
