"""Where each voxel of a moved scan comes from: flip, rotation, translation and zoom as one affine map."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from volest.augmentation.drawn import Drawn


@dataclass(frozen=True)
class Placement:
    """The output at x takes the input at matrix x + offset; both in voxels from the centre of the raster.

    Attributes:
        matrix: (3, 3).
        offset: (3,).
    """

    matrix: Float[np.ndarray, "3 3"]
    offset: Float[np.ndarray, "3"]


def placement(drawn: Drawn) -> Placement:
    """The inverse of the drawn map, as one resamples by asking each voxel where it came from.

    The content is mirrored, rotated (about j, then i, then k: ITK's Euler angles, as torchio takes them), shifted,
    and scaled, in this order.
    """
    mirror = np.ones(3)
    if drawn.flip:
        mirror[list(drawn.flip.axes)] = -1
    back = _rotation(drawn.rotation.degrees).T if drawn.rotation else np.eye(3)
    shift = np.array(drawn.translation.voxels) if drawn.translation else np.zeros(3)
    scales = np.array(drawn.zoom.scales) if drawn.zoom else np.ones(3)
    return Placement(mirror[:, None] * back / scales, mirror * (back @ -shift))


def _rotation(degrees: tuple[float, float, float]) -> NDArray[np.float64]:
    (ci, cj, ck), (si, sj, sk) = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    about_i = np.array([[1, 0, 0], [0, ci, -si], [0, si, ci]])
    about_j = np.array([[cj, 0, sj], [0, 1, 0], [-sj, 0, cj]])
    about_k = np.array([[ck, -sk, 0], [sk, ck, 0], [0, 0, 1]])
    return about_k @ about_i @ about_j
