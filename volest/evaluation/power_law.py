"""Error against the number of training patients: MAE = floor + excess * (n / largest n)^-exponent, none below zero.

Power laws with a floor describe learning curves of many fields (Hestness et al. 2017, arXiv:1712.00409; Viering and
Loog 2023, IEEE TPAMI 45:7799, section 4). Given the exponent the rest is linear, so that the exponent is looked for on
a grid and the other two are solved for: no start value, no local minimum, and all draws of a bootstrap at once.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

EXPONENTS = np.linspace(0.1, 2.0, 77)
"""Steps of 0.025; measured curves lie between 0.1 and 1."""

FEWEST_FOR_A_FLOOR = 4
"""Sizes: three would leave nothing to judge three numbers by."""

PerDraw = Float[np.ndarray, " draw"]


@dataclass(frozen=True, eq=False)
class PowerLaws:
    """One law for each draw.

    Attributes:
        largest: number of training patients, at which the error is floor + excess.
        floor_ml: what no number of patients removes; 0 where it was not looked for.
        excess_ml: what is above it at `largest`.
    """

    largest: float
    floor_ml: PerDraw
    excess_ml: PerDraw
    exponent: PerDraw

    def mae_ml(self, patients: float) -> PerDraw:
        """Error with this number of training patients."""
        return self.floor_ml + self.excess_ml * (patients / self.largest) ** -self.exponent

    def patients(self, mae_ml: float) -> PerDraw:
        """Training patients for this error; infinite where the floor is not below it."""
        share = np.divide(
            mae_ml - self.floor_ml, self.excess_ml, out=np.zeros_like(self.floor_ml), where=self.excess_ml > 0
        )
        with np.errstate(divide="ignore", over="ignore"):
            return self.largest * np.maximum(share, 0) ** (-1 / self.exponent)


def fit_power_laws(sizes: Float[np.ndarray, " size"], mae_ml: Float[np.ndarray, "draw size"]) -> PowerLaws:
    """The law of each draw with the least squared relative distance.

    Args:
        sizes: numbers of training patients, at least two different ones.
        mae_ml: errors, above zero. With fewer than `FEWEST_FOR_A_FLOOR` sizes the floor is 0.
    """
    largest = float(sizes.max())
    weights = 1 / mae_ml**2
    best = np.full(len(mae_ml), np.inf)
    found = np.zeros((3, len(mae_ml)))
    for exponent in EXPONENTS:
        shape = (sizes / largest) ** -exponent
        floor, excess = _solve(shape, mae_ml, weights, with_floor=len(sizes) >= FEWEST_FOR_A_FLOOR)
        distance = (weights * (floor[:, None] + excess[:, None] * shape - mae_ml) ** 2).sum(axis=1)
        better = distance < best - 1e-12
        best = np.where(better, distance, best)
        found = np.where(better, np.stack([floor, excess, np.full_like(floor, exponent)]), found)
    return PowerLaws(largest, *found)


def _solve(
    shape: Float[np.ndarray, " size"],
    mae_ml: Float[np.ndarray, "draw size"],
    weights: Float[np.ndarray, "draw size"],
    with_floor: bool,
) -> tuple[PerDraw, PerDraw]:
    """Weighted least squares for floor and excess; one that would be below zero is zero, and the other alone fits."""
    w, wx, wxx = weights.sum(axis=1), weights @ shape, weights @ shape**2
    wy, wxy = (weights * mae_ml).sum(axis=1), (weights * mae_ml) @ shape
    if not with_floor:
        return np.zeros_like(w), wxy / wxx
    determinant = w * wxx - wx**2
    floor, excess = (wxx * wy - wx * wxy) / determinant, (w * wxy - wx * wy) / determinant
    flat, bare = excess < 0, floor < 0
    return (
        np.where(flat, wy / w, np.where(bare, 0.0, floor)),
        np.where(flat, 0.0, np.where(bare, wxy / wxx, excess)),
    )
