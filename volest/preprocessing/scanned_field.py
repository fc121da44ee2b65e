"""Where the scanner saw something: the fan, without what is burnt in beside it."""

import numpy as np
from jaxtyping import Bool
from numpy.typing import NDArray
from scipy import ndimage


def scanned_field(bright: NDArray[np.bool_]) -> Bool[np.ndarray, "i j k"]:
    """The largest piece of what is brighter than the background, black speckle and dark structures within filled.

    Args:
        bright: (i, j, k), whether a voxel is brighter than the background.
    """
    pieces, count = ndimage.label(ndimage.binary_opening(bright))
    if not count:
        return bright.astype(bool)
    largest = pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
    return ndimage.binary_fill_holes(largest | (bright & ndimage.binary_dilation(largest, iterations=2))).astype(bool)
