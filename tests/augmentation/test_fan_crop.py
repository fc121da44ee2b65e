import pytest
import torch

from volest.augmentation.fan_crop import FanCrop, FanCropParameters
from volest.config import augmentation as config


@pytest.fixture
def fan_crop():
    return FanCrop(config.FanCrop(probability=1))


def cropped(fan_crop, voxels, parameters):
    """As the pipeline does to a scan, and to its mask."""
    return voxels * fan_crop.sector(voxels, parameters)


def test_a_crop_only_sets_background(fan_crop, tensor):
    out = cropped(fan_crop, tensor, FanCropParameters(axis=1, lateral=0, fraction=0.7))
    assert ((out == tensor) | (out == 0)).all()
    assert (out == 0).sum() > (tensor == 0).sum()


def test_the_sector_is_narrower_by_the_same_share_at_every_depth(fan_crop, tensor):
    out = cropped(fan_crop, tensor, FanCropParameters(axis=1, lateral=0, fraction=0.5))
    before, after = ((voxels > 0).any(dim=2).sum(dim=0).numpy() for voxels in (tensor, out))
    assert after == pytest.approx(before / 2, abs=1)


@pytest.mark.parametrize("lateral", [0, 2])
def test_the_whole_fraction_keeps_everything(fan_crop, tensor, lateral):
    assert torch.equal(cropped(fan_crop, tensor, FanCropParameters(1, lateral, fraction=1.0)), tensor)


@pytest.mark.parametrize("axis, lateral", [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)])
def test_the_crop_acts_along_its_lateral_axis_alone(fan_crop, axis, lateral):
    full = torch.ones(12, 16, 20)
    out = cropped(fan_crop, full, FanCropParameters(axis, lateral, fraction=0.5))
    profile = out.amax(dim=tuple(a for a in range(3) if a != lateral))
    assert profile.sum() == full.shape[lateral] / 2
    assert out.sum() == full.numel() / 2


def test_an_empty_scan_stays_empty(fan_crop):
    empty = torch.zeros(8, 8, 8)
    assert torch.equal(cropped(fan_crop, empty, FanCropParameters(1, 0, 0.9)), empty)


def test_the_lateral_axis_is_never_depth(fan_crop, rng):
    assert {fan_crop.sample(rng, (8, 8, 8)).lateral for _ in range(50)} == {0, 2}
