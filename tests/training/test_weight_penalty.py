import pytest
import torch
from torch import nn

from volest.config.schema import ModelConfig
from volest.models.resnet import build_resnet
from volest.training.weight_penalty import WeightPenalty


@pytest.fixture
def network():
    return build_resnet(ModelConfig(widths=(4, 4, 8, 8)), (8, 8, 8), 0.0)


@pytest.mark.parametrize("rho_1, rho_2", [(0.3, 0.0), (0.0, 0.1), (0.3, 1.0)])
def test_at_the_start_it_is_rho_times_the_loss_of_the_mean(network, rho_1, rho_2):
    penalty = WeightPenalty.fitted(network, rho_1, rho_2, loss_of_mean=0.4)
    assert penalty
    assert penalty().item() == pytest.approx((rho_1 + rho_2) * 0.4, rel=1e-4)


def test_halved_weights_halve_l1_and_quarter_l2(network):
    first, second = WeightPenalty.fitted(network, 1, 0, 1.0), WeightPenalty.fitted(network, 0, 1, 1.0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(0.5)
    assert (first().item(), second().item()) == pytest.approx((0.5, 0.25), rel=1e-4)


def test_linear_weights_norms_and_biases_are_left_alone(network):
    before = WeightPenalty.fitted(network, 1, 1, 1.0)
    nn.init.constant_(network.head[1].weight, 1e3)
    nn.init.constant_(network.encoder.bn1.weight, 1e3)
    assert before().item() == pytest.approx(2, rel=1e-4)
    before().backward()
    assert network.head[1].weight.grad is None


def test_nothing_asked_for_is_nothing_to_add(network):
    assert not WeightPenalty.fitted(network, 0.0, 0.0, 1.0)
