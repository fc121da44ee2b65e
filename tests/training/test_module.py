import math

import numpy as np
import pytest
import torch
from torch import nn

from volest.config.schema import ModelConfig, TrainingConfig
from volest.errors import TrainingError
from volest.models.deep_ensemble import DeepEnsemble
from volest.models.head import VolumeRegressor
from volest.models.mask_head import occupancy_loss
from volest.models.registry import build_network
from volest.training.module import VolumeRegression


class Mean(nn.Module):
    def forward(self, voxels):
        return voxels.mean(dim=(2, 3, 4))


def weighted_mean(weight=1.0):
    """One weight times the mean of the voxels."""
    linear = nn.Linear(1, 1)
    nn.init.constant_(linear.weight, weight)
    nn.init.zeros_(linear.bias)
    return VolumeRegressor(Mean(), linear)


def module(weight=1.0, steps_per_epoch=10, **settings):
    return VolumeRegression(weighted_mean(weight), TrainingConfig(**settings), fold=2, steps_per_epoch=steps_per_epoch)


def shares(built):
    """Learning rate at each step, as a share of the peak."""
    configured = built.configure_optimizers()
    optimizer, schedule = configured["optimizer"], configured["lr_scheduler"]["scheduler"]
    rates = []
    for _ in range(built.config.epochs * built.steps_per_epoch):
        rates.append(optimizer.param_groups[0]["lr"] / built.config.learning_rate)
        optimizer.step()
        schedule.step()
    return np.array(rates)


def test_the_learning_rate_warms_up_and_falls_to_zero():
    rates = shares(module(epochs=20, warmup_epochs=5))
    assert rates[0] == pytest.approx(1 / 50)
    assert rates.argmax() in range(45, 55)
    assert rates[-1] < 1e-3
    assert (np.diff(rates[50:]) < 0).all()


def test_a_warm_up_longer_than_the_training_takes_half_of_it():
    assert shares(module(epochs=4, warmup_epochs=50)).argmax() in range(15, 25)


def test_norms_and_biases_are_not_decayed():
    groups = module(weight_decay=0.3).configure_optimizers()["optimizer"].param_groups
    assert [(len(g["params"]), g["weight_decay"]) for g in groups] == [(1, 0.3), (1, 0.0)]


@pytest.mark.parametrize("loss, expected", [("mse", 4.0), ("l1", 2.0), ("huber", 1.75)])
def test_the_loss_is_the_one_asked_for(loss, expected):
    batch = torch.full((3, 1, 4, 4, 4), 2.0), torch.zeros(3)
    assert module(loss=loss).training_step(batch, 0).item() == pytest.approx(expected)


def test_a_loss_that_is_not_finite_stops_the_fold_and_says_what_to_try():
    batch = torch.full((2, 1, 4, 4, 4), math.nan), torch.zeros(2)
    built = module()
    with pytest.raises(TrainingError, match=r"fold 2: the loss became nan .* Lower training.learning_rate"):
        built.training_step(batch, 0)


def test_gradients_are_clipped_and_their_norm_before_is_kept():
    built = module(gradient_clip=0.5)
    built.training_step((torch.full((3, 1, 4, 4, 4), 2.0), torch.zeros(3)), 0).backward()
    before = math.hypot(*(float(p.grad.norm()) for p in built.network.parameters()))
    built.configure_gradient_clipping(None)
    after = math.hypot(*(float(p.grad.norm()) for p in built.network.parameters()))
    assert built.gradient_norm == pytest.approx(before)
    assert after == pytest.approx(0.5, rel=1e-4)


def test_the_drawn_structure_is_judged_as_asked():
    """The loss on a map that is half wrong, apart from everything else, is cross-entropy or more."""
    network = build_network(ModelConfig(mask_head=True, widths=(8, 8, 8, 8)), (8, 8, 8))
    occupancy = torch.zeros(2, 1, 8, 8, 8)
    occupancy[..., :4] = 1
    batch = torch.randn(2, 1, 8, 8, 8), torch.zeros(2), occupancy
    drawn = network.observe(batch[0]).occupancy
    losses = []
    for kind in ("cross_entropy", "dice_cross_entropy"):
        config = TrainingConfig(mask_loss=kind, mask_weight=2.0)
        losses.append(VolumeRegression(network, config, fold=0, steps_per_epoch=1).data_loss(batch).item())
    dice = occupancy_loss(drawn, occupancy, dice=True) - occupancy_loss(drawn, occupancy)
    assert losses[1] - losses[0] == pytest.approx(2 * dice.item(), rel=1e-4)
    assert dice > 0.1


def test_each_member_learns_for_itself():
    """Beside another it moves as it would alone, though the mean of both is already right."""
    voxels, target = torch.ones(2, 1, 3, 3, 3), torch.tensor([2.0, 2.0])
    members = [weighted_mean(1.0), weighted_mean(3.0)]
    together = VolumeRegression(DeepEnsemble(members), TrainingConfig(loss="mse"), fold=0, steps_per_epoch=1)
    assert together(voxels).tolist() == target.tolist()
    together.training_step((voxels, target), 0).backward()
    gradients = [member.head.weight.grad.item() for member in members]
    assert gradients == pytest.approx([-1.0, 1.0])  # of (w - 2)^2, halved by the mean over two members
