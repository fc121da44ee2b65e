"""The default: a narrow 3D ResNet."""

import math

from monai.networks.nets.resnet import ResNet, ResNetBlock
from torch import Tensor

from volest.config.schema import ModelConfig
from volest.geometry import Shape
from volest.models.head import OUTPUTS, RegressionHead, VolumeRegressor
from volest.models.mask_head import MaskRegressor
from volest.models.norm import LARGEST_GROUP_COUNT, exchange_batch_norms
from volest.models.stochastic_depth import skip_branches


class SpatialResNet(ResNet):
    """MONAI's ResNet up to its last stage: its feature map is not pooled."""

    def forward(self, raster: Tensor) -> Tensor:
        """(batch, 1, i, j, k) to (batch, channels, i', j', k')."""
        features = self.layer1(self.act(self.bn1(self.conv1(raster))))
        coarsest: Tensor = self.layer4(self.layer3(self.layer2(features)))
        return coarsest


def build_resnet(config: ModelConfig, shape: Shape, target_mean: float) -> VolumeRegressor:
    """MONAI's ResNet of basic blocks (He et al. 2016, 3D after Hara et al. 2018), narrow and without max pooling.

    The stem is 5 voxels wide where it halves the raster and 3 where it does not, against the usual 7 and a max pool:
    planned rasters are small, and the first halving should not lose the border of the structure.
    """
    encoder = SpatialResNet(
        block="basic",
        layers=list(config.blocks),
        block_inplanes=list(config.widths),
        n_input_channels=1,
        conv1_t_size=5 if config.stem_stride == 2 else 3,
        conv1_t_stride=config.stem_stride,
        no_max_pool=True,
        feed_forward=False,
        bias_downsample=False,
        norm="batch",
    )
    # MONAI's ResNet gives its argument `norm` to the stem alone and batch norm to every block (1.6.1).
    exchange_batch_norms(encoder, config, math.gcd(LARGEST_GROUP_COUNT, *config.widths))
    if config.stochastic_depth:
        blocks = [module for module in encoder.modules() if isinstance(module, ResNetBlock)]
        skip_branches([block.bn2 for block in blocks], config.stochastic_depth)
    head = RegressionHead(config.widths[-1], config.dropout, target_mean, OUTPUTS[config.head])
    if config.mask_head:
        return MaskRegressor(encoder, head, config.widths[-config.mask_stages :], config.drawn_share)
    return VolumeRegressor(encoder, head)
