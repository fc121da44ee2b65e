"""What each voxel of the grid adds to the output of one network, by methods of captum."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from captum.attr import IntegratedGradients, Occlusion
from torch import Tensor, nn

from volest.geometry import Shape
from volest.preprocessing.intensity import DARKEST_TISSUE, Voxels, standardise
from volest.preprocessing.scanned_field import scanned_field

PIECES, POINTS = 4, 8
"""Of the path between both scans at first, and of the Gauss-Legendre quadrature in each."""

MOST_GAP, MOST_HALVINGS = 0.01, 6
"""By how much a piece may be off before it is halved, as a part of the whole difference, or of the target's standard
deviation, which is 1, where that is more; and how often a piece is halved at the most."""

TISSUE_PERCENTILE = 60.0
"""Of the grey levels of the fan: shadows and fluid pull its mean below its tissue."""

BATCH = 8
"""Scans that pass the network at once."""

WINDOWS_ALONG_EDGE = 4
"""A window is this part of the edge of a cube as large as the grid; windows overlap by half."""


def featureless(voxels: Voxels) -> Voxels:
    """The scan, intensities in [0, 1], as it would look with nothing in it, standardised.

    The fan is one even grey, that of its tissue; beside it there is background alone. Against it a voxel adds something
    only by being brighter or darker than tissue, and a voxel of the background adds nothing.
    """
    standardised, field = standardise(voxels), scanned_field(voxels > DARKEST_TISSUE)
    if not field.any():
        return standardised
    grey = np.percentile(standardised[field], TISSUE_PERCENTILE)
    return np.where(field, grey, standardised.min()).astype(np.float32)


def integrated_gradients(network: nn.Module, scan: Voxels, baseline: Voxels) -> Voxels:
    """Integrated gradients; their sum is the output for `scan` minus that for `baseline`.

    Sundararajan, Taly and Yan, Axiomatic Attribution for Deep Networks, 2017: equation 1; the sum is proposition 1.
    A network that draws finds the structure all at once somewhere on the path, where evenly spread points would miss
    most of the gradient. What each piece must add up to is known, so those that do not are halved.

    Args:
        network: from (batch, 1, i, j, k) to (batch,).
        scan: standardised.
        baseline: where the path begins.
    """
    begin, way = _batch(baseline), _batch(scan) - _batch(baseline)
    with torch.inference_mode():
        tolerance = MOST_GAP * max(abs(float(network(begin + way) - network(begin))), 1.0)
    method = IntegratedGradients(network)
    whole = torch.zeros_like(way)
    pieces = [(start, end, MOST_HALVINGS) for start, end in pairwise(np.linspace(0, 1, PIECES + 1).tolist())]
    while pieces:
        start, end, halvings = pieces.pop()
        added, gap = method.attribute(
            (begin + end * way).requires_grad_(),
            begin + start * way,
            n_steps=POINTS,
            internal_batch_size=BATCH,
            return_convergence_delta=True,
        )
        if abs(float(gap)) > tolerance and halvings:
            middle = (start + end) / 2
            pieces += [(start, middle, halvings - 1), (middle, end, halvings - 1)]
        else:
            whole += added.detach()
    return whole[0, 0].numpy()


def occlusion(volume_ml: Callable[[Tensor], Tensor], scan: Voxels, baseline: Voxels) -> Voxels:
    """Millilitres that are lost by putting `baseline` into a window, mean over the windows around a voxel.

    Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, 2014, section 4.2.

    Args:
        volume_ml: from standardised (batch, 1, i, j, k) to (batch,), in mL.
        scan: standardised.
        baseline: likewise.
    """
    i, j, k = window(scan.shape)
    with torch.inference_mode():
        lost_ml = Occlusion(volume_ml).attribute(
            _batch(scan),
            sliding_window_shapes=(1, i, j, k),
            strides=(1, *(max(1, edge // 2) for edge in (i, j, k))),
            baselines=_batch(baseline),
            perturbations_per_eval=BATCH,
        )
    return lost_ml[0, 0].numpy()


def window(shape: tuple[int, ...]) -> Shape:
    """Voxels of an occluding window along i, j, k: a cube where the grid has room for one."""
    edge = max(2, round(float(np.prod(shape)) ** (1 / 3) / WINDOWS_ALONG_EDGE))
    i, j, k = (min(edge, n) for n in shape)
    return i, j, k


def _batch(voxels: Voxels) -> Tensor:
    return torch.from_numpy(voxels)[None, None].contiguous(memory_format=torch.channels_last_3d)
