"""One resampling along an affine map and a displacement."""

import numpy as np
from jaxtyping import Float, Float32

from volest.augmentation.voxels import Voxels

Displacement = Float32[np.ndarray, "i j k 3"]


def warp(voxels: Voxels, matrix: Float[np.ndarray, "3 3"], offset: Float[np.ndarray, "3"], by: Displacement) -> Voxels:
    """Each output voxel x takes the input at matrix (x + by) + offset; background comes from outside.

    Args:
        voxels: the input.
        matrix: from output to input, in voxels from the centre of the raster.
        offset: in voxels.
        by: displacement of each output voxel, in voxels.
    """
    import torch  # lazy: only a draw with elastic needs it
    from torch.nn.functional import grid_sample

    half = (np.array(voxels.shape) - 1) / 2
    # torch counts from -1 to 1 between the outermost voxels, the last axis first.
    to_grid = (matrix / half[:, None])[::-1].astype(np.float32)
    places = by @ to_grid.T
    for axis, (n, middle) in enumerate(zip(voxels.shape, half, strict=True)):
        along = np.arange(n, dtype=np.float32) - np.float32(middle)
        along = np.expand_dims(along, [a for a in range(4) if a != axis])
        places += along * to_grid[:, axis]
    places += (offset / half)[::-1].astype(np.float32)
    scan, grid = torch.from_numpy(voxels)[None, None], torch.from_numpy(places)[None]
    warped: Voxels = grid_sample(scan, grid, mode="bilinear", padding_mode="zeros", align_corners=True)[0, 0].numpy()
    return warped
