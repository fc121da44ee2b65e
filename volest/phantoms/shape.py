"""Star-convex surfaces whose volume is known in closed form."""

import math
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from numpy.polynomial import legendre

from volest.geometry import CUBIC_MM_PER_ML

Points = Float[np.ndarray, "*points 3"]
Axis = tuple[float, float, float]


@dataclass(frozen=True)
class Lobe:
    """A zonal harmonic: `amplitude` times the Legendre polynomial of `degree` in the cosine of the angle to `axis`.

    Zonal harmonics about free axes span the spherical harmonics of their degree (addition theorem), and need no
    special functions.
    """

    axis: Axis
    degree: int
    amplitude: float


@dataclass(frozen=True)
class StarShape:
    """An ellipsoid whose radius is modulated by lobes.

    A point p lies on the surface where q = p / semi_axes_mm has |q| = 1 + sum of the lobes at the direction of q.

    Attributes:
        semi_axes_mm: of the ellipsoid, along the structure's own axes.
        lobes: the amplitudes must sum to less than 1, so that the radius is positive everywhere.
    """

    semi_axes_mm: tuple[float, float, float]
    lobes: tuple[Lobe, ...] = ()

    def __post_init__(self) -> None:
        if sum(abs(lobe.amplitude) for lobe in self.lobes) >= 1 or min(self.semi_axes_mm) <= 0:
            raise ValueError("a star shape needs positive semi-axes, and lobes whose amplitudes sum to less than 1")

    @property
    def volume_ml(self) -> float:
        """The enclosed volume, exact up to rounding: det(semi-axes) * integral of radius^3 / 3 over the sphere.

        The cube of the radius is a polynomial of degree 3L on the sphere; Gauss-Legendre nodes in the polar cosine
        times equidistant azimuths integrate it exactly (Atkinson & Han 2012, Spherical Harmonics, chapter 5).
        """
        directions, weights = self._quadrature()
        solid = float(np.sum(weights * self._radius(directions) ** 3)) / 3
        return math.prod(self.semi_axes_mm) * solid / CUBIC_MM_PER_ML

    @property
    def reach_mm(self) -> float:
        """No point of the structure lies farther from its centre."""
        return max(self.semi_axes_mm) * (1 + sum(abs(lobe.amplitude) for lobe in self.lobes))

    def scaled_to(self, volume_ml: float) -> "StarShape":
        """The similar shape of another volume."""
        factor = (volume_ml / self.volume_ml) ** (1 / 3)
        i, j, k = (factor * semi_axis for semi_axis in self.semi_axes_mm)
        return replace(self, semi_axes_mm=(i, j, k))

    def level(self, points_mm: Points) -> Float[np.ndarray, "*points"]:
        """Distance from the centre as a multiple of the surface's in that direction: below 1 inside.

        Args:
            points_mm: in the structure's own frame.
        """
        scaled = points_mm / np.asarray(self.semi_axes_mm, points_mm.dtype)
        distance = np.linalg.norm(scaled, axis=-1)
        directions = scaled / np.maximum(distance, np.finfo(distance.dtype).tiny)[..., None]
        return distance / self._radius(directions)

    def surface_mm(self, rings: int = 24) -> Float[np.ndarray, "points 3"]:
        """Points spread over the surface, in the structure's own frame."""
        directions, _ = _sphere(rings, 2 * rings)
        return directions * self._radius(directions)[:, None] * np.asarray(self.semi_axes_mm)

    def _radius(self, directions: Points) -> Float[np.ndarray, "*points"]:
        radius = np.ones(directions.shape[:-1], directions.dtype)
        for lobe in self.lobes:
            cosine = directions @ np.asarray(lobe.axis, directions.dtype)
            series = np.zeros(lobe.degree + 1, directions.dtype)
            series[-1] = lobe.amplitude
            radius += legendre.legval(cosine, series)
        return radius

    def _quadrature(self) -> tuple[Float[np.ndarray, "points 3"], Float[np.ndarray, " points"]]:
        degree = 3 * max((lobe.degree for lobe in self.lobes), default=0)
        return _sphere(rings=degree // 2 + 1, azimuths=degree + 1)


def draw_shape(rng: np.random.Generator, volume_ml: float) -> StarShape:
    """An oval, at most about 1.5 times as long as wide, with gentle bumps."""
    i, j, k = np.exp(rng.uniform(-0.16, 0.16, size=3))
    lobes = tuple(Lobe(_direction(rng), degree, rng.uniform(-0.07, 0.07)) for degree in (2, 3, 3, 4))
    return StarShape((float(i), float(j), float(k)), lobes).scaled_to(volume_ml)


def _direction(rng: np.random.Generator) -> Axis:
    vector = rng.standard_normal(3)
    x, y, z = (vector / np.linalg.norm(vector)).tolist()
    return x, y, z


def _sphere(rings: int, azimuths: int) -> tuple[Float[np.ndarray, "points 3"], Float[np.ndarray, " points"]]:
    cosines, weights = legendre.leggauss(rings)
    angles = np.arange(azimuths) * (2 * np.pi / azimuths)
    sines = np.sqrt(1 - cosines**2)
    x, y = np.outer(sines, np.cos(angles)), np.outer(sines, np.sin(angles))
    z = np.broadcast_to(cosines[:, None], x.shape)
    return np.stack([x, y, z], axis=-1).reshape(-1, 3), np.repeat(weights, azimuths) * (2 * np.pi / azimuths)
