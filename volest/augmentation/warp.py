"""One resampling along an affine map and a displacement, of a whole batch at once."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor
from torch.nn.functional import grid_sample

from volest.augmentation.placement import Placement
from volest.augmentation.voxels import Batch, Displacement

Places = Float32[Tensor, "3 i j k"]
"""As `grid_sample` counts: the last axis first, from -1 to 1 between the outermost voxels."""


def warp(scans: Batch, placements: Sequence[Placement], by: Sequence[Displacement | None]) -> Batch:
    """Each output voxel x takes the input at matrix (x + by) + offset, trilinearly; background comes from outside."""
    count, _, i, j, k = scans.shape
    places = torch.empty(3, count, i, j, k, device=scans.device)
    for n, (where, displacement) in enumerate(zip(placements, by, strict=True)):
        _write_places(where, displacement, places[:, n])
    # On a CPU `grid_sample` gives each scan of the batch one thread: slabs of a scan count as scans of their own.
    slabs = math.gcd(i, max(1, torch.get_num_threads() // count)) if scans.device.type == "cpu" else 1
    grid = places.reshape(3, count * slabs, i // slabs, j, k).permute(1, 2, 3, 4, 0)
    sources = scans.repeat_interleave(slabs, dim=0) if slabs > 1 else scans
    taken = grid_sample(sources, grid, mode="bilinear", padding_mode="zeros", align_corners=True)
    return taken if slabs == 1 else taken.unflatten(0, (count, slabs)).transpose(1, 2).reshape(scans.shape)


def _write_places(placement: Placement, by: Displacement | None, places: Places) -> None:
    device, shape = places.device, places.shape[1:]
    half = (np.array(shape) - 1) / 2
    matrix = _tensor((placement.matrix / half[:, None])[::-1], device)
    offset = _tensor((placement.offset / half)[::-1], device)
    i, j, k = (matrix[:, [a]] * (torch.arange(n, device=device) - half[a]) for a, n in enumerate(shape))
    torch.add((i + offset[:, None])[:, :, None, None] + j[:, None, :, None], k[:, None, None, :], out=places)
    if by is not None:
        places += torch.tensordot(matrix, by, dims=1)


def _tensor(values: np.ndarray, device: torch.device) -> Tensor:
    return torch.from_numpy(values.astype(np.float32)).to(device)
