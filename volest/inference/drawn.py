"""What the structure looks like that a network draws: its shape, and how much of it lies where the scan ends."""

import numpy as np
from jaxtyping import Bool, Float

from volest.inference.appearance import Trait
from volest.inference.border import share_at_border
from volest.preprocessing.intensity import Voxels

SHAPE, DRAWN_BORDER = "drawn shape", "drawn border"


def drawn_traits(shares: Float[np.ndarray, "x y z"], voxels: Voxels) -> dict[str, Trait]:
    """Traits of the structure that a network draws.

    Args:
        shares: of each voxel of the map that the network finds occupied, in [0, 1].
        voxels: (i, j, k) of the scan on its grid, in [0, 1].
    """
    inside = ~(shares < shares.max() / 2)  # never empty, whatever a network makes of a scan, even where it is no number
    border = share_at_border(np.where(inside, shares, 0.0), voxels)
    return {SHAPE: shape_of(inside), DRAWN_BORDER: np.array([border])}


def shape_of(inside: Bool[np.ndarray, "x y z"]) -> Trait:
    """Six logarithms that neither place, size, rotation nor mirroring change: what every ellipsoid has alike is 0.

    How far its principal standard deviations are apart (two), the volume of the ellipsoid of its second moments against
    its own, and its kurtosis along each principal axis against that of an ellipsoid, 15/7: waists, bumps and holes.

    Args:
        inside: (x, y, z), true within the structure, in one voxel at least.
    """
    places = np.argwhere(inside).astype(float)
    places -= places.mean(axis=0)
    own = np.eye(3) / 12  # of a voxel, which has an extent: a single one, or a plane, is no point
    variances, axes = np.linalg.eigh(places.T @ places / len(places) + own)
    of_moments = 4 / 3 * np.pi * np.sqrt(np.prod(5 * variances))
    kurtosis = ((places @ axes) ** 4).mean(axis=0) / variances**2
    narrow, middle, wide = np.log(variances) / 2
    ratios = wide - middle, middle - narrow, np.log(of_moments / len(places))
    return np.array([*ratios, *np.log(np.maximum(kurtosis, 0.1) / (15 / 7))])
