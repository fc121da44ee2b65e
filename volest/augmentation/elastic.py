"""Soft tissue pressed into another shape of the same volume."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from scipy.interpolate import BSpline

from volest.augmentation.voxels import Displacement
from volest.config import augmentation as config
from volest.geometry import Shape

Points = Float[np.ndarray, "points 3"]
Modes = Float[np.ndarray, "3 modes modes modes"]

MODES = 3
"""Waves along each axis. More of them need more control points for the spline to stay free of divergence."""

SPLINE_ORDER = 3
"""Of the free-form deformation."""


@dataclass(frozen=True)
class ElasticParameters:
    """What the deformation follows from.

    Attributes:
        control_points: of the spline, along each axis.
        displacement: largest component, as a fraction of the raster's length along its axis.
        seed: of the wave amplitudes.
    """

    control_points: int
    displacement: float
    seed: int


class Elastic:
    """Smooth deformation that keeps the volume of whatever part it moves, not only of the whole.

    Random displacements at control points, the usual recipe, change the volume of a structure by some percent, and
    nothing tells the target. Here the velocity is the curl of a random vector potential that vanishes at the borders,
    so it has no divergence, and a flow along it keeps volume. The flow is followed to second order (midpoint rule) and
    then written as a cubic spline on a control grid (Rueckert et al. 1999, the free-form deformation of ITK and
    torchio), which is quick to evaluate on any raster.
    """

    def __init__(self, config: config.Elastic) -> None:
        self.config = config

    def sample(self, rng: np.random.Generator, shape: Shape) -> ElasticParameters | None:
        """Draw the strength and the seed of the waves."""
        if rng.random() >= self.config.probability:
            return None
        displacement = rng.uniform(0, self.config.displacement)
        return ElasticParameters(self.config.control_points, displacement, int(rng.integers(2**63)))

    def volume_factor(self, parameters: ElasticParameters) -> float:
        """A flow without divergence keeps volume."""
        return 1.0

    def displacement(self, parameters: ElasticParameters, shape: Shape, device: torch.device) -> Displacement:
        """Displacement of each voxel, in voxels: the coefficients seen through one basis matrix an axis."""
        n = parameters.control_points
        of_voxels = [_spline_basis((np.arange(m) + 0.5) / m, n).astype(np.float32) for m in shape]
        i, j, k = (torch.from_numpy(basis).to(device) for basis in of_voxels)
        coefficients = np.moveaxis(self.coefficients(parameters, shape), -1, 0).astype(np.float32)
        field = torch.from_numpy(coefficients).to(device) @ k.T
        field = (j @ field).reshape(3, n, -1)
        return (i @ field).reshape(3, *shape)

    def coefficients(self, parameters: ElasticParameters, shape: Shape) -> Float[np.ndarray, "n n n 3"]:
        """Spline coefficients of the displacement at the control points, in voxels, by least squares."""
        samples = np.linspace(0, 1, parameters.control_points + SPLINE_ORDER)
        displacement = _displacement(parameters, samples)
        to_coefficients = np.linalg.pinv(_spline_basis(samples, parameters.control_points))
        for axis in range(3):
            displacement = np.moveaxis(np.tensordot(to_coefficients, displacement, (1, axis)), 0, axis)
        return displacement * shape


def _displacement(parameters: ElasticParameters, samples: Float[np.ndarray, " m"]) -> Float[np.ndarray, "m m m 3"]:
    """Displacement on a lattice of the unit cube, as a fraction of its length."""
    modes = np.random.default_rng(parameters.seed).standard_normal((3, MODES, MODES, MODES))
    lattice = np.stack(np.meshgrid(samples, samples, samples, indexing="ij"), axis=-1)
    points = lattice.reshape(-1, 3)
    velocity = _curl(points, modes)
    scale = parameters.displacement / np.abs(velocity).max()
    midpoint = points + scale * velocity / 2
    return scale * _curl(midpoint, modes).reshape(lattice.shape)


def _curl(points: Points, modes: Modes) -> Points:
    """Curl of the vector potential whose amplitudes are `modes`, at points of the unit cube."""
    waves, slopes = _waves(points)

    def derivative(axis: int) -> Float[np.ndarray, "3 points"]:
        i, j, k = (slopes[a] if a == axis else waves[a] for a in range(3))
        # Axis after axis by hand: einsum takes four times as long.
        rest = (modes.reshape(-1, MODES) @ k).reshape(3 * MODES, MODES, -1)
        rest = (rest * j).sum(axis=1).reshape(3, MODES, -1)
        return (rest * i).sum(axis=1)

    di, dj, dk = (derivative(axis) for axis in range(3))
    return np.stack([dj[2] - dk[1], dk[0] - di[2], di[1] - dj[0]], axis=-1)


def _waves(points: Points) -> tuple[Float[np.ndarray, "3 modes points"], Float[np.ndarray, "3 modes points"]]:
    """sin^2(pi x) cos(m pi x) for m = 0, 1, ... and its slope, per axis; both vanish at the borders 0 and 1."""
    m = np.arange(MODES)[:, None]
    x = np.pi * points.T[:, None]
    window, cosine = np.sin(x) ** 2, np.cos(m * x)
    return window * cosine, np.pi * (np.sin(2 * x) * cosine - m * window * np.sin(m * x))


def _spline_basis(x: Float[np.ndarray, " m"], control_points: int) -> Float[np.ndarray, "m n"]:
    """Uniform cubic B-splines over [0, 1], one for each control point; the outermost lie one step outside."""
    step = 1 / (control_points - SPLINE_ORDER)
    knots = (np.arange(control_points + SPLINE_ORDER + 1) - SPLINE_ORDER) * step
    return BSpline.design_matrix(np.clip(x, knots[SPLINE_ORDER], knots[control_points]), knots, SPLINE_ORDER).toarray()
