"""RasterNet, the network of the question: 2D, with depth read as channels, and 437 million parameters.

A reconstruction. Known are its count at 128^3, 437,476,609 parameters; that it is a 2D network with depth as channels
and batch norm; and the shape of later 3D networks of the same name in public code: a 7-wide stem of stride 2, then
3-wide convolutions with bias, batch norm, ReLU and max pooling, the channels doubled at each, a fully connected end.
Carry that family to 2D, double the channels from the 128 of the depth axis to 8192 in six convolutions, and add one
hidden layer: the count is met to the unit by a hidden layer of 4096 on a 1 x 1 map, and by no other width. A stem that
halves twice, by its stride and by pooling, gives that map. The order of the layers is likely; the count is certain.
"""

from itertools import pairwise

from torch import Tensor, nn

from volest.config.schema import ModelConfig
from volest.geometry import Shape
from volest.models.head import OUTPUTS, RegressionHead, VolumeRegressor
from volest.models.output_shape import output_shape

STEM_WIDTH = 256
MOST_STAGES = 5


def build_rasternet(config: ModelConfig, shape: Shape, target_mean: float) -> VolumeRegressor:
    """RasterNet with as many stages as the raster allows: five from 128 voxels on, three at 48, one at 8.

    The first axis becomes the channels. Widths do not shrink with the raster; the hidden layer is half as wide as the
    last stage.
    """
    stages = min(MOST_STAGES, min(shape[1:]).bit_length() - 3)
    widths = [STEM_WIDTH * 2**stage for stage in range(stages + 1)]
    maps = nn.Sequential(
        DepthAsChannels(),
        _stage(shape[0], widths[0], kernel=7, stride=2),
        *(_stage(before, after, kernel=3, stride=1) for before, after in pairwise(widths)),
        nn.Flatten(),
    )
    (features,) = output_shape(maps, shape, config.name)
    hidden = widths[-1] // 2
    encoder = maps.extend([nn.Linear(features, hidden), nn.ReLU(inplace=True)])
    return VolumeRegressor(encoder, RegressionHead(hidden, config.dropout, target_mean, OUTPUTS[config.head]))


class DepthAsChannels(nn.Module):
    """(batch, 1, i, j, k) to (batch, i, j, k): what lies along i loses its order."""

    def forward(self, raster: Tensor) -> Tensor:
        """Drop the channel axis."""
        return raster.squeeze(1)


def _stage(channels: int, width: int, kernel: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, width, kernel, stride=stride, padding=kernel // 2),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
    )
