import pytest
import torch
from torch import nn

from volest.models.head import RegressionHead, VolumeRegressor


def test_the_bias_is_the_training_mean():
    assert RegressionHead(64, 0.0, target_mean=215.0)[1].bias.item() == pytest.approx(215.0)


@pytest.mark.parametrize("features", [16, 128, 2048])
def test_first_predictions_spread_a_tenth_of_the_features_unit_whatever_the_width(features):
    head = RegressionHead(features, 0.0, target_mean=0.0)
    assert head(torch.randn(500, features)).std().item() == pytest.approx(0.1, rel=0.6)


def test_the_output_is_flat_even_for_one_scan():
    regressor = VolumeRegressor(nn.Flatten(), RegressionHead(8, 0.0, 0.0))
    assert regressor(torch.randn(1, 1, 2, 2, 2)).shape == (1,)
    assert regressor(torch.randn(5, 1, 2, 2, 2)).shape == (5,)


def test_dropout_stands_before_the_linear_unit():
    assert RegressionHead(8, 0.3, 0.0)[0].p == 0.3
