import pytest
import torch
from torch import nn

from volest.errors import ModelError
from volest.models.output_shape import output_shape


def test_the_batch_axis_is_left_off():
    assert output_shape(nn.Conv3d(1, 5, 3), (8, 9, 10), "x") == (5, 6, 7, 8)


def test_nothing_of_the_network_changes():
    network = nn.Sequential(nn.Conv3d(1, 2, 3), nn.BatchNorm3d(2)).train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    output_shape(network, (8, 8, 8), "x")
    assert network.training
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_a_network_that_the_meta_device_cannot_run_is_run_for_real():
    class Picky(nn.Module):
        def forward(self, raster):
            return raster.flatten(1)[:, : 3 + int(raster.sum().item())]

    assert output_shape(Picky(), (4, 4, 4), "x") == (3,)


def test_a_raster_too_small_is_named_with_the_network():
    with pytest.raises(ModelError, match=r"model.name 'x' cannot take a raster of 2 x 9 x 9 voxels"):
        output_shape(nn.Conv3d(1, 1, 3), (2, 9, 9), "x")
