"""The encoder of Models Genesis: the downward half of a 3D U-Net, under the names of its published weights.

Zhou et al., Models Genesis, 2021 (10.1016/j.media.2020.101840). Four steps of two 3-wide convolutions, 32 to 512
channels, with max pooling between them. Its batch norm uses the statistics of the batch even in evaluation; here
`model.norm` decides.
"""

from torch import Tensor, nn

from volest.config.schema import ModelConfig
from volest.geometry import Shape
from volest.models.head import OUTPUTS, RegressionHead, VolumeRegressor
from volest.models.norm import LARGEST_GROUP_COUNT, exchange_batch_norms
from volest.models.output_shape import output_shape

STEPS = {
    "down_tr64": (1, 32, 64),
    "down_tr128": (64, 64, 128),
    "down_tr256": (128, 128, 256),
    "down_tr512": (256, 256, 512),
}
"""Channels before, between and after the two convolutions of each."""


def build_genesis(config: ModelConfig, shape: Shape, target_mean: float) -> VolumeRegressor:
    """The encoder with our head.

    Raises:
        ModelError: a raster too small for three halvings.
    """
    encoder = nn.Sequential()
    for number, (name, channels) in enumerate(STEPS.items()):
        encoder.add_module(name, GenesisStep(channels, pool=number < len(STEPS) - 1))
    exchange_batch_norms(encoder, config, LARGEST_GROUP_COUNT)
    features, *_ = output_shape(encoder, shape, config.name)
    return VolumeRegressor(encoder, RegressionHead(features, config.dropout, target_mean, OUTPUTS[config.head]))


class GenesisStep(nn.Module):
    """Two convolutions, then max pooling."""

    def __init__(self, channels: tuple[int, int, int], pool: bool) -> None:
        super().__init__()
        before, between, after = channels
        self.ops = nn.Sequential(GenesisConvolution(before, between), GenesisConvolution(between, after))
        self.pool = nn.MaxPool3d(2) if pool else nn.Identity()

    def forward(self, features: Tensor) -> Tensor:
        """Half as fine where it pools."""
        coarser: Tensor = self.pool(self.ops(features))
        return coarser


class GenesisConvolution(nn.Module):
    """Convolution, norm, ReLU."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv3d(before, after, 3, padding=1)
        self.bn1: nn.Module = nn.BatchNorm3d(after)

    def forward(self, features: Tensor) -> Tensor:
        """As fine as before."""
        normed: Tensor = self.bn1(self.conv1(features))
        return normed.relu()
