from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from volest.augmentation.shadow import Shadow, ShadowParameters
from volest.config import augmentation as config

SHAPE = (24, 32, 20)
STRAIGHT = ShadowParameters(
    axis=1,
    near_is_low=True,
    apex=(12.0, 10.0),
    tilt_degrees=(0.0, 0.0),
    width_degrees=30.0,
    obstacle_voxels=12.0,
    transmission=0.3,
)


def transmission(parameters, shape=SHAPE):
    return Shadow(config.Shadow()).transmission(parameters, torch.zeros(shape)).numpy()


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_a_shadow_only_darkens_and_lets_the_drawn_share_through(seed):
    shadow = Shadow(config.Shadow(probability=1))
    parameters = shadow.sample(np.random.default_rng(seed), SHAPE)
    factor = transmission(parameters)
    assert factor.max() <= 1
    assert factor.min() >= parameters.transmission - 1e-5


def test_nothing_before_the_obstacle_is_darkened():
    assert (transmission(STRAIGHT)[:, :9] == 1).all()


def test_the_middle_ray_is_fully_dark_behind_the_obstacle():
    assert transmission(STRAIGHT)[12, 16:, 10] == pytest.approx(0.3)


def test_the_shadow_widens_with_depth():
    darkened = (transmission(STRAIGHT) < 0.99).sum(axis=(0, 2))
    assert (np.diff(darkened[14:].astype(int)) >= 0).all()
    assert darkened[-1] > darkened[14] > 0


def test_a_probe_on_the_other_side_casts_the_mirrored_shadow():
    near, far = (transmission(replace(STRAIGHT, near_is_low=low)) for low in (True, False))
    assert np.array_equal(near, far[:, ::-1])


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_shadow_runs_along_the_depth_axis(axis):
    shape = [24, 24, 24]
    shape[axis] = 32
    factor = transmission(replace(STRAIGHT, axis=axis), tuple(shape))
    dark = factor < 0.99
    assert not np.take(dark, range(9), axis).any()
    assert np.take(dark, 31, axis).any()
