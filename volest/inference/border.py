"""How much of a map lies where the scan ends: what is cut off leaves it at the cut."""

import numpy as np
from jaxtyping import Float

from volest.preprocessing.intensity import DARKEST_TISSUE, Voxels

SHELL = 1 / 16
"""Thickness of the border, of the edges of the map."""


def share_at_border(weights: Float[np.ndarray, "x y z"], voxels: Voxels) -> float:
    """Share of `weights` within `SHELL` of the edges of the box that holds the field; 0 where there is neither.

    Args:
        weights: a map of the scan, 0 or above, of its own resolution.
        voxels: (i, j, k) of the scan on its grid, in [0, 1].
    """
    field, total = np.argwhere(voxels > DARKEST_TISSUE), float(weights.sum())
    if not len(field) or not total > 0:
        return 0.0
    per_voxel = np.array(weights.shape) / voxels.shape
    low, high = field.min(axis=0) * per_voxel, (field.max(axis=0) + 1) * per_voxel
    shell = np.maximum(np.round(SHELL * np.array(weights.shape)), 1)
    inner = zip(np.floor(low) + shell, np.ceil(high) - shell, strict=True)
    inside = weights[tuple(slice(int(start), max(int(stop), int(start))) for start, stop in inner)]
    return max(0.0, 1 - float(inside.sum()) / total)
