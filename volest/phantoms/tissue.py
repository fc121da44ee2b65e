"""What surrounds the structure: uneven tissue, other bodies in it, and obstacles that cast shadows."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from volest.phantoms.sector import ScanLines, Sector
from volest.phantoms.shape import Points

GRAIN = 7
"""Bumps across the field, along each axis, of the unevenness of tissue."""


@dataclass(frozen=True)
class Body:
    """An ellipsoid with axes along i, j, k that is not the structure: a vessel, a cyst, a piece of bowel."""

    centre_mm: tuple[float, float, float]
    semi_axes_mm: tuple[float, float, float]
    echo_db: float

    def contains(self, points_mm: Points) -> Bool[np.ndarray, "*points"]:
        """Whether points in RAS+ mm lie inside."""
        total = np.zeros(points_mm.shape[:-1], points_mm.dtype)
        for axis, (centre, semi_axis) in enumerate(zip(self.centre_mm, self.semi_axes_mm, strict=True)):
            total += ((points_mm[..., axis] - np.float32(centre)) / np.float32(semi_axis)) ** 2
        return total <= 1


@dataclass(frozen=True)
class Shadow:
    """What an obstacle takes from the echoes behind it.

    Attributes:
        depth_mm: of the obstacle, below the face of the probe.
        lateral, elevation: direction of its middle, in radians.
        half_width: SD of its profile, in radians.
        loss_db: at its middle.
    """

    depth_mm: float
    lateral: float
    elevation: float
    half_width: float
    loss_db: float

    def loss(self, lines: ScanLines) -> Float[np.ndarray, "r l e"]:
        """Loss in decibels at every sample."""
        ranges, lateral, elevation = np.meshgrid(*lines.axes, indexing="ij", sparse=True)
        across = ((lateral - self.lateral) ** 2 + (elevation - self.elevation) ** 2) / (2 * self.half_width**2)
        behind = ranges - lines.sector.probe_radius_mm > self.depth_mm
        return (np.float32(self.loss_db) * np.exp(-across) * behind).astype(np.float32)


@dataclass(frozen=True)
class Surroundings:
    """Everything but the structure.

    Attributes:
        unevenness_db: SD of the smooth variation of echo strength.
    """

    bodies: tuple[Body, ...]
    shadows: tuple[Shadow, ...]
    unevenness_db: float

    def echogenicity_db(
        self, lines: ScanLines, points_mm: Float[np.ndarray, "r l e 3"], rng: np.random.Generator
    ) -> Float[np.ndarray, "r l e"]:
        """Echo strength of the tissue and the bodies in it; 0 dB on average."""
        echo_db = np.float32(self.unevenness_db) * _smooth_field(lines.samples, rng)
        for body in self.bodies:
            echo_db[body.contains(points_mm)] += np.float32(body.echo_db)
        return echo_db

    def shadow_db(self, lines: ScanLines) -> Float[np.ndarray, "r l e"]:
        """Loss behind all obstacles."""
        loss_db = np.zeros(lines.samples, np.float32)
        for shadow in self.shadows:
            loss_db += shadow.loss(lines)
        return loss_db


def draw_surroundings(
    rng: np.random.Generator, sector: Sector, half_extent_mm: tuple[float, float, float]
) -> Surroundings:
    """Four to eight bodies, up to two shadows."""
    bodies = tuple(_draw_body(rng, half_extent_mm) for _ in range(rng.integers(4, 9)))
    shadows = tuple(_draw_shadow(rng, sector) for _ in range(rng.integers(0, 3)))
    return Surroundings(bodies, shadows, unevenness_db=rng.uniform(1.0, 2.0))


def _draw_body(rng: np.random.Generator, half_extent_mm: tuple[float, float, float]) -> Body:
    x, y, z = (rng.uniform(-0.9, 0.9, size=3) * half_extent_mm).tolist()
    a, b, c = (rng.uniform(4, 8) * np.exp(rng.uniform(-0.4, 0.4, size=3))).tolist()
    return Body((x, y, z), (a, b, c), echo_db=float(rng.choice((-1, 1)) * rng.uniform(4, 9)))


def _draw_shadow(rng: np.random.Generator, sector: Sector) -> Shadow:
    return Shadow(
        depth_mm=rng.uniform(0, 0.5) * sector.depth_mm,
        lateral=rng.uniform(-1, 1) * sector.lateral,
        elevation=rng.uniform(-1, 1) * sector.elevation,
        half_width=np.radians(rng.uniform(2, 5)),
        loss_db=rng.uniform(6, 15),
    )


def _smooth_field(samples: tuple[int, int, int], rng: np.random.Generator) -> Float[np.ndarray, "r l e"]:
    """Gaussian field of zero mean and about unit SD: random weights on a lattice of Gaussian bumps."""
    field = rng.standard_normal((GRAIN, GRAIN, GRAIN)).astype(np.float32)
    for count in samples:
        gap = np.linspace(0, GRAIN - 1, count)[:, None] - np.arange(GRAIN)
        bumps = np.exp(-0.5 * (gap / 0.7) ** 2)
        bumps /= np.sqrt(np.sum(bumps**2, axis=1, keepdims=True))
        field = np.tensordot(field, bumps.astype(np.float32), axes=(0, 1))
    return np.ascontiguousarray(field)
