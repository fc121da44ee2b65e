import pytest
import torch
from torch import nn

from volest.config.schema import ModelConfig
from volest.models.memory_format import to_channels_last
from volest.models.registry import build_network


@pytest.mark.parametrize("name", ["resnet", "rasternet"])
def test_the_order_in_memory_changes_no_prediction(name):
    network = build_network(ModelConfig(name=name), (16, 16, 16)).eval()
    raster = torch.randn(2, 1, 16, 16, 16)
    before = network(raster)
    after = to_channels_last(network)(raster.to(memory_format=torch.channels_last_3d))
    assert torch.allclose(before, after, atol=1e-4)


def test_kernels_of_both_ranks_are_turned():
    network = to_channels_last(nn.ModuleList([nn.Conv3d(3, 4, 3), nn.Conv2d(3, 4, 3)]))
    assert network[0].weight.is_contiguous(memory_format=torch.channels_last_3d)
    assert network[1].weight.is_contiguous(memory_format=torch.channels_last)
