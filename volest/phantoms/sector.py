"""The scanned field: a pyramid-shaped sector of scan lines below a convex probe.

The probe lies anterior and looks posterior: lateral is i, depth runs against j, elevation is k.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from volest.geometry import Shape
from volest.phantoms.shape import Points


@dataclass(frozen=True)
class Sector:
    """A fan in two angles.

    Attributes:
        apex_mm: anterior coordinate of the point where all scan lines meet, behind the face of the probe.
        probe_radius_mm: from the apex to the face.
        depth_mm: from the face to the last echo.
        lateral, elevation: half of the opening, in radians.
    """

    apex_mm: float
    probe_radius_mm: float
    depth_mm: float
    lateral: float
    elevation: float

    def polar(self, points_mm: Points) -> Points:
        """Range from the apex in mm, lateral angle and elevation angle in radians, of points in RAS+ mm."""
        right, depth, superior = points_mm[..., 0], self.apex_mm - points_mm[..., 1], points_mm[..., 2]
        in_plane = np.hypot(right, depth)
        return np.stack(
            [np.hypot(in_plane, superior), np.arctan2(right, depth), np.arctan2(superior, in_plane)], axis=-1
        )

    def contains(self, polar: Points) -> Bool[np.ndarray, "*points"]:
        """Whether points, given as range and angles, are scanned."""
        near, far = self.probe_radius_mm, self.probe_radius_mm + self.depth_mm
        in_range = (polar[..., 0] >= near) & (polar[..., 0] <= far)
        return in_range & (np.abs(polar[..., 1]) <= self.lateral) & (np.abs(polar[..., 2]) <= self.elevation)


@dataclass(frozen=True)
class ScanLines:
    """Where echoes are sampled: equidistant ranges along lines at equidistant angles.

    Attributes:
        samples: along range, lateral angle, elevation angle.
    """

    sector: Sector
    samples: Shape

    @property
    def steps(self) -> tuple[float, float, float]:
        """Range in mm, and two angles in radians, between neighbouring samples."""
        opening = (self.sector.depth_mm, 2 * self.sector.lateral, 2 * self.sector.elevation)
        range_mm, lateral, elevation = (width / (n - 1) for width, n in zip(opening, self.samples, strict=True))
        return range_mm, lateral, elevation

    @property
    def axes(self) -> tuple[Float[np.ndarray, " r"], Float[np.ndarray, " l"], Float[np.ndarray, " e"]]:
        """Ranges in mm and both sets of angles."""
        sector, (ranges, laterals, elevations) = self.sector, self.samples
        return (
            np.linspace(sector.probe_radius_mm, sector.probe_radius_mm + sector.depth_mm, ranges, dtype=np.float32),
            np.linspace(-sector.lateral, sector.lateral, laterals, dtype=np.float32),
            np.linspace(-sector.elevation, sector.elevation, elevations, dtype=np.float32),
        )

    def points_mm(self) -> Float[np.ndarray, "r l e 3"]:
        """RAS+ mm of every sample."""
        ranges, lateral, elevation = np.meshgrid(*self.axes, indexing="ij", sparse=True)
        in_plane = ranges * np.cos(elevation)
        right, anterior = in_plane * np.sin(lateral), self.sector.apex_mm - in_plane * np.cos(lateral)
        return np.stack(np.broadcast_arrays(right, anterior, ranges * np.sin(elevation)), axis=-1)

    def indices(self, polar: Points) -> Points:
        """Fractional sample indices of range and angles."""
        first = [axis[0] for axis in self.axes]
        return (polar - np.asarray(first, polar.dtype)) / np.asarray(self.steps, polar.dtype)


def draw_sector(rng: np.random.Generator, height_mm: float) -> Sector:
    """A sector that fills a raster `height_mm` high, centred at the origin, from top to bottom."""
    probe_radius_mm = rng.uniform(22, 32)
    margin_mm = 0.015 * height_mm
    return Sector(
        apex_mm=height_mm / 2 - margin_mm + probe_radius_mm,
        probe_radius_mm=probe_radius_mm,
        depth_mm=height_mm - 2 * margin_mm,
        lateral=np.radians(rng.uniform(41, 47)),
        elevation=np.radians(rng.uniform(40, 46)),
    )
