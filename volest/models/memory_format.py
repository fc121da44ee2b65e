"""The order in which activations and kernels lie in memory."""

import torch
from torch import nn


def to_channels_last(network: nn.Module) -> nn.Module:
    """Put the kernels of every 2D and 3D convolution in channels-last order, in place.

    `network.to(memory_format=torch.channels_last_3d)` raises where a network also has 2D convolutions, as RasterNet.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv3d):
            module.to(memory_format=torch.channels_last_3d)
        elif isinstance(module, nn.Conv2d):
            module.to(memory_format=torch.channels_last)
    return network
