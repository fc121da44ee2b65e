import pytest
import torch
from torch import nn

from volest.config.schema import ModelConfig
from volest.models.rasternet import build_rasternet
from volest.models.weights import parameter_count

CONFIG = ModelConfig(name="rasternet")


def test_at_128_it_has_the_number_of_parameters_that_the_question_printed():
    with torch.device("meta"):  # 1.7 GB otherwise
        network = build_rasternet(CONFIG, (128, 128, 128), 0.0)
    assert parameter_count(network) == 437_476_609
    assert not any(isinstance(module, nn.Conv3d) for module in network.modules())


@pytest.mark.parametrize(
    "shape, stages", [((128, 128, 128), 5), ((64, 64, 64), 4), ((48, 48, 48), 3), ((32, 48, 32), 3), ((8, 8, 8), 1)]
)
def test_smaller_rasters_have_fewer_stages(shape, stages):
    with torch.device("meta"):
        network = build_rasternet(CONFIG, shape, 0.0)
        assert network(torch.empty(2, 1, *shape)).shape == (2,)
    assert sum(isinstance(module, nn.Conv2d) for module in network.modules()) == 1 + stages


@pytest.mark.parametrize("shape", [(20, 9, 31), (8, 40, 12)])
def test_odd_rasters_are_taken_even_one_at_a_time(shape):
    network = build_rasternet(CONFIG, shape, 0.0).train()
    assert network(torch.randn(1, 1, *shape)).shape == (1,)
