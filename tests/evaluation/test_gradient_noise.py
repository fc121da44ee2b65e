import numpy as np
import pytest

from volest.evaluation.gradient_noise import GradientMoments


def test_equal_gradients_have_no_noise():
    moments = GradientMoments.estimated(mean_square=9.0, square_of_mean=9.0, batches=4, batch_size=2)
    assert (moments.signal, moments.noise, moments.noise_scale) == (9.0, 0.0, 0.0)


@pytest.mark.parametrize("batch_size", [1, 4])
def test_estimates_are_unbiased_whatever_the_batch(batch_size):
    rng = np.random.default_rng(0)
    true, sd, n = np.array([0.6, -0.8, 0.0]), np.array([1.0, 2.0, 3.0]), 6
    signals, noises = [], []
    for _ in range(4000):
        gradients = true + sd / np.sqrt(batch_size) * rng.normal(size=(n, 3))
        mean_square, mean = np.square(gradients).sum(axis=1).mean(), gradients.mean(axis=0)
        moments = GradientMoments.estimated(mean_square, float(mean @ mean), n, batch_size)
        signals.append(moments.signal)
        noises.append(moments.noise)
    assert np.mean(signals) == pytest.approx(1.0, abs=0.15)
    assert np.mean(noises) == pytest.approx(14.0, rel=0.03)


def test_both_parts_are_smoothed_before_they_are_divided():
    first, second = GradientMoments(2.0, 10.0), GradientMoments(-1.0, 20.0)
    assert np.isnan(second.noise_scale)
    assert second.after(None) == second
    assert second.after(first).noise_scale == pytest.approx((9 + 2) / (1.8 - 0.1))
