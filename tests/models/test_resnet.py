import pytest
import torch
from torch import nn

from volest.config.schema import ModelConfig
from volest.models.resnet import build_resnet
from volest.models.weights import parameter_count

SHAPE = (24, 24, 24)


def modules_of(network, kind):
    return [module for module in network.modules() if isinstance(module, kind)]


@pytest.mark.parametrize(
    "norm, kind", [("group", nn.GroupNorm), ("batch", nn.BatchNorm3d), ("instance", nn.InstanceNorm3d)]
)
def test_every_norm_of_the_network_is_the_one_asked_for(norm, kind):
    network = build_resnet(ModelConfig(norm=norm), SHAPE, 0.0)
    norms = modules_of(network, nn.GroupNorm | nn.BatchNorm3d | nn.InstanceNorm3d)
    # One in the stem, two in each of four blocks, one in each of the three shortcuts that change width.
    assert len(norms) == 1 + 4 * 2 + 3
    assert all(type(module) is kind for module in norms)


def test_groups_divide_every_width():
    network = build_resnet(ModelConfig(widths=(6, 10, 12, 14)), SHAPE, 0.0)
    assert {module.num_groups for module in modules_of(network, nn.GroupNorm)} == {2}
    assert network(torch.randn(2, 1, *SHAPE)).shape == (2,)


def test_eight_groups_by_default():
    network = build_resnet(ModelConfig(), SHAPE, 0.0)
    assert {module.num_groups for module in modules_of(network, nn.GroupNorm)} == {8}


def test_with_group_norm_a_scan_is_predicted_alike_alone_and_in_a_batch():
    network = build_resnet(ModelConfig(norm="group"), SHAPE, 0.0)
    rasters = torch.randn(3, 1, *SHAPE)
    assert torch.allclose(network(rasters)[1], network(rasters[1:2])[0], atol=1e-5)


def test_norms_have_as_many_parameters_whatever_their_kind():
    counts = {parameter_count(build_resnet(ModelConfig(norm=norm), SHAPE, 0.0)) for norm in ("group", "batch")}
    assert counts == {899_057}


@pytest.mark.parametrize("stem_stride, side", [(1, 24), (2, 12)])
def test_the_stem_halves_the_raster_only_when_asked(stem_stride, side):
    network = build_resnet(ModelConfig(stem_stride=stem_stride), SHAPE, 0.0)
    assert network.encoder.conv1(torch.zeros(1, 1, *SHAPE)).shape == (1, 16, side, side, side)
    assert network.encoder.no_max_pool


def test_blocks_and_widths_are_those_of_the_configuration():
    network = build_resnet(ModelConfig(widths=(4, 4, 8, 8), blocks=(1, 2, 3, 1)), SHAPE, 0.0)
    stages = [getattr(network.encoder, f"layer{n}") for n in (1, 2, 3, 4)]
    assert [len(stage) for stage in stages] == [1, 2, 3, 1]
    assert [stage[-1].conv2.out_channels for stage in stages] == [4, 4, 8, 8]
