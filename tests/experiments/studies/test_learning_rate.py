import numpy as np
import pytest

from volest.errors import TrainingError
from volest.experiments.studies.learning_rate import HIGHEST, LOWEST, range_test


def loss_of(rate):
    """Falls about 1e-3, bursts from 0.1 on."""
    return 1.2 - 1 / (1 + (1e-3 / rate) ** 2) + (rate / 0.1) ** 3


def test_it_suggests_where_the_loss_falls_most_steeply():
    tested = range_test(loss_of)
    assert 5e-4 < tested.suggested < 5e-3  # the smoothed loss lags a little behind


def test_it_stops_once_the_loss_is_four_times_its_best():
    tested = range_test(loss_of)
    assert tested.rates[0] == LOWEST
    assert tested.rates[-1] < HIGHEST
    assert tested.losses[-1] > 4 * min(tested.losses)
    assert max(tested.losses[:-1]) <= 4 * min(tested.losses[:-1])


def test_a_loss_that_is_not_finite_ends_it_without_spoiling_what_was_seen():
    def step(rate):
        if rate > 1e-2:
            raise TrainingError("the loss became nan")
        return loss_of(rate)

    tested = range_test(step)
    assert tested.rates[-1] <= 1e-2
    assert np.isfinite(tested.losses).all()


def test_the_smoothed_loss_starts_at_the_loss_itself():
    assert range_test(lambda rate: 7.0).losses == pytest.approx([7.0] * 100)


def test_a_loss_below_zero_that_falls_steadily_does_not_end_it():
    assert len(range_test(lambda rate: -np.log(rate / LOWEST)).rates) == 100


def test_it_ends_once_a_loss_below_zero_has_risen_three_times_as_far_as_it_fell():
    tested = range_test(lambda rate: loss_of(rate) - 1.0)
    assert tested.rates[-1] < HIGHEST
    fall = tested.losses[0] - min(tested.losses)
    assert tested.losses[-1] - min(tested.losses) > 3 * fall


def test_a_loss_that_is_never_a_number_is_told():
    def step(rate):
        raise TrainingError("the loss became nan")

    with pytest.raises(TrainingError, match="ended after 0 steps: the loss was no number even at 1e-06"):
        range_test(step)
