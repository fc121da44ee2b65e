import numpy as np
import pytest
import torch

from volest.augmentation.anisotropy import Anisotropy, AnisotropyParameters
from volest.config import augmentation as config


def test_the_planes_that_are_left_follow_the_downsampling(rng):
    anisotropy = Anisotropy(config.Anisotropy(probability=1, downsampling=(2.0, 4.0)))
    for _ in range(100):
        drawn = anisotropy.sample(rng, (41, 41, 41))
        assert 11 <= drawn.planes <= 21


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_every_second_plane_is_kept_and_the_others_are_between(axis, scan):
    padded = np.pad(scan, ((0, 1),) * 3)
    planes = (padded.shape[axis] + 1) // 2
    thinned = Anisotropy(config.Anisotropy()).apply(torch.from_numpy(padded), AnisotropyParameters(axis, planes))
    out = np.moveaxis(thinned.numpy(), axis, 0)
    original = np.moveaxis(padded, axis, 0)
    assert out[::2] == pytest.approx(original[::2], abs=1e-5)
    assert out[1::2] == pytest.approx((original[:-1:2] + original[2::2]) / 2, abs=1e-5)
