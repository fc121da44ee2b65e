"""A second head that draws the structure: masks teach it, and the sum of its map is a second opinion on the volume."""

import math
from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from monai.losses.dice import DiceLoss
from monai.networks.nets.resnet import ResNet
from torch import Tensor, nn

from volest.models.head import RegressionHead, VolumeRegressor, begin_at
from volest.models.observation import Observation

LARGEST_GROUP_COUNT = 8
SOFT_DICE = DiceLoss(sigmoid=True, soft_label=True, smooth_nr=1.0, smooth_dr=1.0)
"""Of each map by itself; a voxel is added to both sides, so that an empty map of nothing is right."""

MOST_FILLED = 0.9
"""Of a raster, by the first maps: a structure that fills more of it on average is cut, and learnt from there."""


class MaskRegressor(VolumeRegressor):
    """A ResNet that tells the volume twice: by regression, and by the share of the raster that it finds occupied.

    The map comes from the last stages, coarse to fine, as in a feature pyramid (Lin et al., Feature Pyramid Networks
    for Object Detection, 2017), at the resolution of the finest of them. Drawing the structure tells the encoder where
    it ends, which one number per scan hardly does; scans without a mask teach the sum of the map alone.
    """

    def __init__(self, encoder: ResNet, head: RegressionHead, widths: Sequence[int], drawn_share: float) -> None:
        """Take the last stages of `encoder`, as many as `widths` has numbers of channels."""
        super().__init__(encoder, head)
        self.drawn_share = drawn_share
        self.scale: Tensor
        channels = widths[0]
        self.laterals = nn.ModuleList(nn.Conv3d(width, channels, 1) for width in widths)
        self.merges = nn.ModuleList(_merge(channels) for _ in widths[1:])
        self.occupancy = nn.Conv3d(channels, 1, 1)
        self.register_buffer("scale", torch.tensor([1.0, 0.0]))

    def calibrate(self, log_full: float, mean: float, sd: float) -> None:
        """Learn how an occupied share becomes a target, and begin with maps that hold as much as the mean.

        Args:
            log_full: logarithm of the quantity that a raster occupied in every voxel would have.
            mean: of the logarithm of the quantity over the training scans.
            sd: likewise.
        """
        self.scale.copy_(torch.tensor([1 / sd, (log_full - mean) / sd]))
        share = min(math.exp(mean - log_full), MOST_FILLED)
        begin_at(self.occupancy, math.log(share / (1 - share)))

    def observe(self, raster: Float[Tensor, "batch 1 i j k"]) -> Observation:
        """Both estimates, and the map."""
        stages = self._stages(raster)
        regressed: Tensor = self.head(stages[-1].mean(dim=(2, 3, 4)))
        logits = self._draw(stages)
        gain, offset = self.scale
        drawn = torch.log(torch.sigmoid(logits).mean(dim=(2, 3, 4))) * gain + offset
        return Observation(regressed, drawn, logits, drawn_share=self.drawn_share)

    def forward(self, raster: Float[Tensor, "batch 1 i j k"]) -> Float[Tensor, " batch"]:
        """Both estimates, weighed."""
        return self.observe(raster).prediction

    def _stages(self, raster: Tensor) -> list[Tensor]:
        """Features of the stages that the map comes from, fine to coarse."""
        encoder = cast(ResNet, self.encoder)
        features = encoder.layer1(encoder.act(encoder.bn1(encoder.conv1(raster))))
        stages = [features]
        for layer in (encoder.layer2, encoder.layer3, encoder.layer4):
            stages.append(layer(stages[-1]))
        return stages[-len(self.laterals) :]

    def _draw(self, stages: Sequence[Tensor]) -> Tensor:
        *finer, coarsest = [lateral(stage) for lateral, stage in zip(self.laterals, stages, strict=True)]
        drawn = coarsest
        for merge, feature in zip(self.merges, reversed(finer), strict=True):
            drawn = merge(feature + F.interpolate(drawn, size=feature.shape[2:], mode="trilinear"))
        logits: Tensor = self.occupancy(drawn).float()  # the logarithm of a small share needs more than bf16
        return logits


def calibrate_mask_heads(network: nn.Module, log_full: float, mean: float, sd: float) -> None:
    """`MaskRegressor.calibrate` of every one inside `network`; nothing where there is none."""
    for module in network.modules():
        if isinstance(module, MaskRegressor):
            module.calibrate(log_full, mean, sd)


def occupancy_loss(
    logits: Float[Tensor, "batch map i j k"], occupancy: Float[Tensor, "batch 1 x y z"], dice: bool = False
) -> Float[Tensor, ""]:
    """Of the map against the occupied share of each coarse voxel: binary cross-entropy, with soft Dice if asked for.

    0 where no scan of the batch has a mask.

    Args:
        logits: of each map.
        occupancy: of the fine voxels, NaN throughout where a scan has no mask.
        dice: add the soft Dice loss in its form for shares of voxels, which is least where the map equals them (Wang et
            al., Dice Semimetric Losses, MICCAI 2023; not squared).
    """
    known = torch.isfinite(occupancy).all(dim=(1, 2, 3, 4))
    if not known.any():
        return logits.sum() * 0
    i, j, k = logits.shape[2:]
    drawn = logits[known]
    coarse = F.adaptive_avg_pool3d(occupancy[known], (i, j, k)).clamp(0, 1).expand_as(drawn)
    loss = F.binary_cross_entropy_with_logits(drawn, coarse)
    return loss + SOFT_DICE(drawn, coarse) if dice else loss


def _merge(channels: int) -> nn.Sequential:
    groups = math.gcd(LARGEST_GROUP_COUNT, channels)
    return nn.Sequential(nn.Conv3d(channels, channels, 3, padding=1), nn.GroupNorm(groups, channels), nn.ReLU())
