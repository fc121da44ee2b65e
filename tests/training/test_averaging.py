import pytest
from torch import nn
from torch.optim.swa_utils import AveragedModel

from volest.training.averaging import moving_average, stochastic_weight_average


@pytest.fixture
def average():
    """The moving average of a sequence of weights, as Lightning's callback would take it."""

    def of(values, decay):
        network = nn.Linear(1, 1, bias=False)
        averaged = AveragedModel(network, **moving_average(decay)._kwargs)
        for value in values:
            nn.init.constant_(network.weight, value)
            averaged.update_parameters(network)
        return averaged.module.weight.item()

    return of


def test_weights_that_stand_still_are_their_own_average(average):
    assert average([3.0] * 20, decay=0.99) == pytest.approx(3.0)


def test_the_first_weights_are_soon_forgotten(average):
    """A constant decay of 0.99 would leave 0.99^20 = 82% of them."""
    assert average([100.0] + [0.0] * 20, decay=0.99) < 5


def test_after_many_steps_the_decay_is_the_one_asked_for(average):
    settled = average([0.0] * 200, decay=0.9)
    assert settled == 0
    assert average([0.0] * 200 + [1.0], decay=0.9) == pytest.approx(0.1, rel=1e-5)


def test_statistics_of_batch_norm_are_averaged_and_its_counter_is_not():
    network = nn.BatchNorm1d(1)
    averaged = AveragedModel(network, use_buffers=True, **moving_average(0.5)._kwargs)
    for mean in (2.0, 4.0):
        network.running_mean.fill_(mean)
        network.num_batches_tracked += 1
        averaged.update_parameters(network)
    assert averaged.module.num_batches_tracked == 2
    assert 2 < averaged.module.running_mean.item() < 4


def test_stochastic_averaging_starts_where_it_is_told_and_weighs_all_alike():
    network = nn.Linear(1, 1, bias=False)
    averaged = AveragedModel(network, **stochastic_weight_average(first_step=3)._kwargs)
    seen = []
    for value in range(8):
        nn.init.constant_(network.weight, float(value))
        averaged.update_parameters(network)
        seen.append(averaged.module.weight.item())
    assert seen == pytest.approx([0, 1, 2, 3, 3.5, 4, 4.5, 5])
