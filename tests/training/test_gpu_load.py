import numpy as np
import pytest

from volest.training.gpu_load import GpuLoad, utilisation


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def steps(load, clock, seconds):
    for now in seconds:
        clock.now = now
        load.step()


def test_answers_are_averaged_and_nobody_is_asked_twice_within_half_a_second(clock):
    answers = iter([0.5, 1.0])
    load = GpuLoad(lambda: next(answers), clock)
    steps(load, clock, [0.1, 0.7, 0.8, 1.3])
    assert load.share() == 0.75


def test_epochs_shorter_than_half_a_second_are_heard_of_now_and_then(clock):
    load, shares = GpuLoad(lambda: 0.9, clock), []
    for epoch in range(4):
        steps(load, clock, [0.3 * epoch + 0.2])
        shares.append(load.share())
    np.testing.assert_equal(shares, [np.nan, 0.9, np.nan, 0.9])


def test_a_driver_that_does_not_answer_ends_no_training_and_is_left_alone(clock):
    asked = []

    def ask():
        asked.append(clock.now)
        raise OSError("GPU is lost")

    load = GpuLoad(ask, clock)
    steps(load, clock, [1.0, 2.0, 3.0])
    assert asked == [1.0]
    assert np.isnan(load.share())


@pytest.mark.parametrize("device", ["cpu", "mps"])
def test_a_training_elsewhere_does_not_ask_the_gpu(device):
    assert utilisation(device) is None
