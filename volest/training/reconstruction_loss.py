"""How far a reconstruction lies from its raster, inside the fan alone."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from monai.metrics.regression import KernelType, compute_ssim_and_cs
from torch import Tensor

Batch = Float[Tensor, "batch 1 i j k"]
Fan = Bool[Tensor, "batch 1 i j k"]

WINDOW = 7
"""Voxels along each edge of the window of SSIM; a raster that is smaller gets a smaller one."""

RANGE_SD = 4.0
"""Range of standardised intensities that SSIM takes for granted: two standard deviations to either side."""


def inside(error: Batch, fan: Fan) -> Float[Tensor, ""]:
    """Mean over the voxels of the fan; scans weigh by their fans."""
    return (error * fan).sum() / fan.sum().clamp(min=1)


def l1(reconstruction: Batch, target: Batch, fan: Fan) -> Float[Tensor, ""]:
    """Mean absolute difference."""
    return inside((reconstruction - target).abs(), fan)


def mse(reconstruction: Batch, target: Batch, fan: Fan) -> Float[Tensor, ""]:
    """Mean squared difference."""
    return inside((reconstruction - target) ** 2, fan)


def ssim(reconstruction: Batch, target: Batch, fan: Fan) -> Float[Tensor, ""]:
    """1 - SSIM (Wang et al. 2004), MONAI's, over the windows that lie wholly inside the fan.

    Outside, the reconstruction is replaced by the target, so that what lies there changes no window.
    """
    window = min(WINDOW, *(n - (n + 1) % 2 for n in target.shape[2:]))
    target = target.float() + RANGE_SD / 2  # brightness is compared as a ratio, which needs numbers above zero
    seen = torch.where(fan, reconstruction.float() + RANGE_SD / 2, target)
    size, kind = [window] * 3, KernelType.UNIFORM
    similarity, _ = compute_ssim_and_cs(seen, target, 3, size, [1.5] * 3, data_range=RANGE_SD, kernel_type=kind)
    whole = -F.max_pool3d(-fan.float(), window, stride=1) > 0
    whole = whole if whole.any() else torch.ones_like(whole)
    return inside(1 - similarity, whole)


def mixed(reconstruction: Batch, target: Batch, fan: Fan) -> Float[Tensor, ""]:
    """The mean of both: SSIM alone forgets the brightness, L1 alone the texture (Zhao et al. 2017)."""
    return (l1(reconstruction, target, fan) + ssim(reconstruction, target, fan)) / 2


RECONSTRUCTION_LOSSES: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "l1": l1,
    "mse": mse,
    "ssim": ssim,
    "mixed": mixed,
}
