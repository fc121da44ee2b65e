import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from volest.augmentation.depth_gain import DepthGain, DepthGainParameters
from volest.config import augmentation as config

DECIBELS = st.lists(st.integers(-600, 600).map(lambda hundredths: hundredths / 100), min_size=5, max_size=5).map(tuple)


@settings(deadline=None)
@given(DECIBELS, st.integers(8, 128))
def test_gain_lies_between_the_sliders(decibels, depths):
    gain = DepthGain(config.DepthGain()).gain(DepthGainParameters(1, decibels), depths)
    assert gain.min() >= 10 ** (min(decibels) / 20) * (1 - 1e-5)
    assert gain.max() <= 10 ** (max(decibels) / 20) * (1 + 1e-5)


@settings(deadline=None)
@given(DECIBELS)
def test_rising_sliders_give_a_rising_gain(decibels):
    gain = DepthGain(config.DepthGain()).gain(DepthGainParameters(1, tuple(sorted(decibels))), 64)
    assert (np.diff(gain) >= -1e-6).all()


def test_sliders_never_exceed_the_configured_decibels(rng):
    depth_gain = DepthGain(config.DepthGain(probability=1, decibels=4))
    sliders = np.abs([depth_gain.sample(rng, (8, 8, 8)).decibels for _ in range(500)])
    assert 3.5 < sliders.max() <= 4


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_gain_varies_along_depth_alone(axis):
    flat = torch.full((12, 16, 10), 0.5)
    out = DepthGain(config.DepthGain()).apply(flat, DepthGainParameters(axis, (-3.0, -1.0, 0.0, 1.0, 3.0))).numpy()
    varying = [bool(np.ptp(out, axis=a).max() > 1e-6) for a in range(3)]
    assert varying == [a == axis for a in range(3)]
    assert np.take(out, -1, axis) == pytest.approx(0.5 * 10 ** (3 / 20))


def test_two_sliders_tilt_the_gain(rng):
    depth_gain = DepthGain(config.DepthGain(probability=1, sliders=2))
    decibels = 20 * np.log10(depth_gain.gain(depth_gain.sample(rng, (8, 8, 8)), 33))
    assert np.ptp(decibels) > 0
    assert np.diff(decibels) == pytest.approx(np.diff(decibels)[0], abs=1e-5)
