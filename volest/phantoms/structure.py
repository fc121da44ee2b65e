"""The structure whose volume is asked for: its shape, where it lies, how it echoes."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.spatial.transform import Rotation

from volest.phantoms.sector import Sector
from volest.phantoms.shape import Points, StarShape

LEVEL_OUTSIDE = 1e3
"""Level given to points so far away that neither the structure nor its wall is there."""


@dataclass(frozen=True)
class Pose:
    """Where a structure lies.

    Attributes:
        centre_mm: RAS+ mm.
        rotation: columns are the structure's own axes.
    """

    centre_mm: tuple[float, float, float]
    rotation: Float[np.ndarray, "3 3"]

    def to_own_frame(self, points_mm: Points) -> Points:
        """RAS+ mm to the structure's own frame."""
        return (points_mm - np.asarray(self.centre_mm, points_mm.dtype)) @ self.rotation.astype(points_mm.dtype)

    def to_ras(self, points_mm: Points) -> Points:
        """The structure's own frame to RAS+ mm."""
        return points_mm @ self.rotation.T + np.asarray(self.centre_mm)


@dataclass(frozen=True)
class Structure:
    """A body with a wall.

    Attributes:
        echo_db: of its inside, above the surrounding tissue (negative: hypoechoic).
        wall_db: of its wall, above the surrounding tissue, where the beam meets it head-on.
        wall_sd_mm: half thickness of the wall.
        attenuation_db_per_cm: there and back, inside, beyond that of the surrounding tissue.
    """

    shape: StarShape
    pose: Pose
    echo_db: float
    wall_db: float
    wall_sd_mm: float
    attenuation_db_per_cm: float

    def level(self, points_mm: Points) -> Float[np.ndarray, "*points"]:
        """Below 1 inside, 1 on the surface; evaluated near the structure alone, for speed."""
        centre = np.asarray(self.pose.centre_mm, points_mm.dtype)
        near = np.max(np.abs(points_mm - centre), axis=-1) < self.shape.reach_mm + 4 * self.wall_sd_mm
        level = np.full(points_mm.shape[:-1], LEVEL_OUTSIDE, points_mm.dtype)
        level[near] = self.shape.level(self.pose.to_own_frame(points_mm[near]))
        return level

    def contains(self, points_mm: Points) -> Bool[np.ndarray, "*points"]:
        """Whether points in RAS+ mm lie inside."""
        return self.level(points_mm) <= 1

    def is_scanned_by(self, sector: Sector, half_extent_mm: tuple[float, float, float]) -> bool:
        """Whether the whole surface, and a rim of twice the wall, lies in the sector and in a centred raster."""
        surface = self.shape.surface_mm()
        rim = 1 + 2 * self.wall_sd_mm / np.linalg.norm(surface, axis=-1, keepdims=True)
        surface = self.pose.to_ras(surface * rim)
        in_raster = np.all(np.abs(surface) < np.asarray(half_extent_mm))
        return bool(in_raster and np.all(sector.contains(sector.polar(surface))))

    def echogenicity_db(
        self,
        surroundings_db: Float[np.ndarray, "r l e"],
        level: Float[np.ndarray, "r l e"],
        points_mm: Points,
        apex: float,
    ) -> Float[np.ndarray, "r l e"]:
        """Echo strength of the surroundings with the structure in them.

        A wall echoes most where the beam meets it head-on, so the sides of a structure fade, as in the clinic.
        """
        echo_db = np.where(level <= 1, np.float32(self.echo_db) + 0.5 * surroundings_db, surroundings_db)
        wall = np.abs(level - 1) * self.shape.reach_mm < 4 * self.wall_sd_mm
        outward = points_mm[wall] - np.asarray(self.pose.centre_mm, points_mm.dtype)
        beam = points_mm[wall] - np.asarray((0, apex, 0), points_mm.dtype)
        radius_mm = np.linalg.norm(outward, axis=-1)
        cosine = np.sum(outward * beam, axis=-1) / (radius_mm * np.linalg.norm(beam, axis=-1))
        distance_mm = radius_mm * (1 - 1 / level[wall])
        shell = np.exp(-0.5 * (distance_mm / self.wall_sd_mm) ** 2) * (0.3 + 0.7 * cosine**2)
        echo_db[wall] += shell * (self.wall_db - echo_db[wall])
        return echo_db


def draw_pose(rng: np.random.Generator, middle_mm: tuple[float, float, float]) -> Pose:
    """A structure within 5 mm of `middle_mm` along each axis, tilted by about 15 degrees."""
    x, y, z = (np.asarray(middle_mm) + rng.uniform(-5, 5, size=3)).tolist()
    return Pose((x, y, z), Rotation.from_rotvec(np.radians(15) * rng.standard_normal(3)).as_matrix())
