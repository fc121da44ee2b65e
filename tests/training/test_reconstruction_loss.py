import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from volest.training.reconstruction_loss import RANGE_SD, RECONSTRUCTION_LOSSES, WINDOW, mixed, mse, ssim


@pytest.fixture
def rasters():
    torch.manual_seed(0)
    target = torch.randn(1, 1, 16, 18, 20)
    return target + 0.5 * torch.randn_like(target), target, torch.ones_like(target, dtype=torch.bool)


def test_ssim_is_that_of_scikit_image(rasters):
    seen, target, fan = rasters
    pair = [(part[0, 0].numpy().astype(np.float64) + RANGE_SD / 2) for part in (seen, target)]
    _, field = structural_similarity(
        *pair, win_size=WINDOW, data_range=RANGE_SD, use_sample_covariance=False, full=True
    )
    margin = WINDOW // 2
    whole = field[margin:-margin, margin:-margin, margin:-margin]
    assert 1 - ssim(seen, target, fan).item() == pytest.approx(whole.mean(), abs=1e-5)


def test_mse_is_behind_the_psnr_of_scikit_image(rasters):
    seen, target, fan = rasters
    decibels = 10 * np.log10(RANGE_SD**2 / mse(seen, target, fan).item())
    theirs = peak_signal_noise_ratio(target.numpy(), seen.numpy(), data_range=RANGE_SD)
    assert decibels == pytest.approx(theirs, abs=1e-5)


@pytest.mark.parametrize("loss", RECONSTRUCTION_LOSSES.values(), ids=RECONSTRUCTION_LOSSES)
def test_what_lies_outside_the_fan_changes_nothing(rasters, loss):
    seen, target, fan = rasters
    fan[..., 12:] = False
    other = seen.clone()
    other[..., 12:] = 99.0
    assert loss(other, target, fan).item() == loss(seen, target, fan).item()


@pytest.mark.parametrize("loss", RECONSTRUCTION_LOSSES.values(), ids=RECONSTRUCTION_LOSSES)
def test_a_raster_reconstructs_itself_without_loss(rasters, loss):
    _, target, fan = rasters
    assert loss(target, target, fan).item() == pytest.approx(0, abs=1e-6)
    assert loss(target + 1, target, fan).item() > 0.05


def test_mixed_is_the_mean_of_l1_and_ssim(rasters):
    assert mixed(*rasters) == (RECONSTRUCTION_LOSSES["l1"](*rasters) + ssim(*rasters)) / 2


def test_a_raster_smaller_than_the_window_has_an_ssim_too():
    raster = torch.randn(2, 1, 4, 6, 8)
    fan = torch.ones_like(raster, dtype=torch.bool)
    assert 0 < ssim(raster + 0.5, raster, fan).item() < 1
