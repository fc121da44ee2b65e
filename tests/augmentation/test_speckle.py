import numpy as np
import pytest
import torch

from volest.augmentation.speckle import Speckle, SpeckleParameters
from volest.config import augmentation as config

RASTER = torch.zeros(32, 32, 32)


def correlation_of_neighbours(pattern):
    return np.corrcoef(pattern[:-1].ravel(), pattern[1:].ravel())[0, 1]


@pytest.mark.parametrize("grain_voxels", [0.0, 0.8, 1.5])
@pytest.mark.parametrize("sd", [0.05, 0.3])
def test_speckle_has_unit_mean_and_the_drawn_sd_whatever_its_grain(sd, grain_voxels):
    pattern = Speckle(config.Speckle()).pattern(SpeckleParameters(sd, grain_voxels, seed=1), RASTER).numpy()
    assert pattern.mean() == pytest.approx(1, abs=1e-4)
    assert pattern.std() == pytest.approx(sd, rel=0.05)
    assert pattern.min() > 0


def test_a_coarser_grain_correlates_neighbours():
    speckle = Speckle(config.Speckle())
    fine, medium, coarse = (
        correlation_of_neighbours(speckle.pattern(SpeckleParameters(0.2, grain, seed=1), RASTER).numpy())
        for grain in (0.0, 0.8, 1.5)
    )
    assert abs(fine) < 0.05 < medium < coarse


def test_speckle_scales_with_the_intensity(tensor):
    speckle, parameters = Speckle(config.Speckle()), SpeckleParameters(0.2, 0.8, seed=1)
    assert torch.allclose(speckle.apply(tensor / 2, parameters), speckle.apply(tensor, parameters) / 2)
