import math

import pytest
import torch

from volest.config.schema import ModelConfig
from volest.models.mask_head import MaskRegressor, calibrate_mask_heads, occupancy_loss
from volest.models.registry import build_network

SHAPE = (16, 24, 16)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return build_network(ModelConfig(mask_head=True, widths=(8, 8, 16, 16)), SHAPE).eval()


def drawn_full(network, share):
    """The network with a map that is `share` everywhere."""
    torch.nn.init.zeros_(network.occupancy.weight)
    torch.nn.init.constant_(network.occupancy.bias, math.log(share / (1 - share)))
    return network


def test_a_prediction_is_the_mean_of_regression_and_drawn_volume(network):
    raster = torch.randn(3, 1, *SHAPE)
    seen = network.observe(raster)
    assert seen.regressed.shape == seen.drawn.shape == (3, 1)
    torch.testing.assert_close(network(raster), ((seen.regressed + seen.drawn) / 2)[:, 0])
    # the regression is that of the encoder as MONAI would run it
    torch.testing.assert_close(seen.regressed, network.head(network.encoder(raster).mean(dim=(2, 3, 4))))


def test_the_map_covers_the_raster_at_a_coarser_step(network):
    occupancy = network.observe(torch.randn(2, 1, *SHAPE)).occupancy
    assert occupancy.shape == (2, 1, 4, 6, 4)  # halved by the stem and by the second stage


@pytest.mark.parametrize("stages, shape", [(1, (1, 2, 1)), (2, (2, 3, 2)), (3, (4, 6, 4)), (4, (8, 12, 8))])
def test_the_more_stages_the_finer_the_map_and_the_regression_stays(network, stages, shape):
    torch.manual_seed(0)
    other = build_network(ModelConfig(mask_head=True, widths=(8, 8, 16, 16), mask_stages=stages), SHAPE).eval()
    raster = torch.randn(2, 1, *SHAPE)
    seen = other.observe(raster)
    assert seen.occupancy.shape == (2, 1, *shape)
    torch.testing.assert_close(seen.regressed, network.observe(raster).regressed)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("members", [1, 2])
def test_the_prediction_weighs_what_is_drawn_against_what_is_regressed(share, members):
    config = ModelConfig(mask_head=True, widths=(8, 8, 16, 16), members=members, drawn_share=share)
    network = build_network(config, SHAPE).eval()
    raster = torch.randn(2, 1, *SHAPE)
    seen = network.observe(raster)
    expected = (1 - share) * seen.regressed.mean(1) + share * seen.drawn.mean(1)
    torch.testing.assert_close(network(raster), expected)
    assert not torch.allclose(seen.regressed, seen.drawn)


def test_a_prediction_in_bf16_keeps_the_drawn_volume_as_it_is(network):
    with torch.autocast("cpu", torch.bfloat16):
        seen = network.observe(torch.randn(2, 1, *SHAPE))
    assert (seen.regressed.dtype, seen.drawn.dtype) == (torch.bfloat16, torch.float32)
    assert seen.prediction.dtype == torch.float32


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_the_drawn_volume_is_the_occupied_share_of_the_grid(network, share):
    log_full, mean, sd = math.log(400.0), math.log(60.0), 0.4  # a grid of 400 mL
    calibrate_mask_heads(network, log_full, mean, sd)
    drawn_full(network, share)
    target = network.observe(torch.randn(1, 1, *SHAPE)).drawn.item()
    assert math.exp(target * sd + mean) == pytest.approx(share * 400.0, rel=1e-4)


@pytest.mark.parametrize("mean_ml", [4.0, 60.0, 300.0])
def test_the_first_maps_hold_about_as_much_as_the_mean(network, mean_ml):
    calibrate_mask_heads(network, math.log(400.0), math.log(mean_ml), 0.4)
    drawn = network.observe(torch.randn(4, 1, *SHAPE)).drawn * 0.4 + math.log(mean_ml)
    assert drawn.exp().detach().numpy() == pytest.approx(mean_ml, rel=0.15)


def test_a_structure_that_fills_more_than_the_raster_is_begun_within_it(network):
    calibrate_mask_heads(network, math.log(400.0), math.log(500.0), 0.4)
    drawn = network.observe(torch.randn(1, 1, *SHAPE)).drawn * 0.4 + math.log(500.0)
    assert 300 < drawn.exp().item() < 400


def test_the_calibration_travels_with_the_weights(network):
    calibrate_mask_heads(network, 6.0, 4.0, 0.5)
    again = build_network(ModelConfig(mask_head=True, widths=(8, 8, 16, 16)), SHAPE).eval()
    again.load_state_dict(network.state_dict())
    raster = torch.randn(2, 1, *SHAPE)
    torch.testing.assert_close(again(raster), network(raster))


def test_members_draw_a_map_each():
    network = build_network(ModelConfig(mask_head=True, members=2), SHAPE).eval()
    calibrate_mask_heads(network, 6.0, 4.0, 0.5)
    seen = network.observe(torch.randn(2, 1, *SHAPE))
    assert seen.regressed.shape == seen.drawn.shape == seen.occupancy.shape[:2] == (2, 2)
    assert all(isinstance(member, MaskRegressor) and member.scale[0] == 2.0 for member in network.members)


def test_a_right_map_costs_nothing_and_a_wrong_one_much():
    occupancy = torch.zeros(1, 1, 8, 8, 8)
    occupancy[..., :4] = 1
    logits = torch.where(torch.arange(4) < 2, 20.0, -20.0).expand(1, 1, 4, 4, 4)
    assert occupancy_loss(logits, occupancy) < 1e-6
    assert occupancy_loss(-logits, occupancy) == pytest.approx(20.0)


def test_a_coarse_voxel_half_inside_is_best_told_as_half():
    occupancy = torch.zeros(1, 1, 2, 2, 2)
    occupancy[..., 0] = 1
    losses = [occupancy_loss(torch.full((1, 1, 1, 1, 1), logit), occupancy).item() for logit in (-1.0, 0.0, 1.0)]
    assert min(losses) == losses[1] == pytest.approx(math.log(2))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_with_dice_too_a_share_is_best_told_as_itself(share):
    logit = torch.tensor(math.log(share / (1 - share)))
    losses = [
        occupancy_loss((logit + off).expand(1, 1, 4, 4, 4), torch.full((1, 1, 4, 4, 4), share), dice=True).item()
        for off in (-0.5, -0.1, 0.0, 0.1, 0.5)
    ]
    assert min(losses) == losses[2]


def test_dice_counts_what_both_hold_against_what_either_holds():
    occupancy, drawn = torch.zeros(1, 1, 10, 10, 10), torch.zeros(1, 1, 10, 10, 10)
    occupancy[..., :4], drawn[..., 2:6] = 1, 1
    logits = 40 * drawn - 20
    added = occupancy_loss(logits, occupancy, dice=True) - occupancy_loss(logits, occupancy)
    assert added.item() == pytest.approx(1 - (2 * 200 + 1) / (400 + 400 + 1), abs=1e-5)


@pytest.mark.parametrize("dice", [False, True])
def test_scans_without_a_mask_do_not_count(dice):
    logits = torch.randn(3, 1, 4, 4, 4, requires_grad=True)
    occupancy = torch.rand(3, 1, 8, 8, 8)
    occupancy[1] = torch.nan
    loss = occupancy_loss(logits, occupancy, dice)
    loss.backward()
    torch.testing.assert_close(loss, occupancy_loss(logits[[0, 2]], occupancy[[0, 2]], dice))
    assert logits.grad[1].abs().max() == 0
    assert occupancy_loss(logits, torch.full_like(occupancy, torch.nan), dice) == 0
