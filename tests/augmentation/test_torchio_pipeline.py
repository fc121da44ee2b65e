"""Two ways to apply one draw: ours, batch by batch, and torchio's, which shares no line of resampling with it."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from volest.augmentation.backend import build_augmentation
from volest.augmentation.drawn import Drawn
from volest.augmentation.pipeline import AugmentationPipeline
from volest.augmentation.stream import scan_rng
from volest.augmentation.torchio_pipeline import TorchioPipeline

NAMES = tuple(Drawn.__dataclass_fields__)
MOVES = NAMES[:5]
SHAPE = (40, 48, 36)

ITK_CONTROL_GRID = 0.01
"""ITK's control grid reaches an eighth of a voxel beyond the raster, ours ends with it."""


@pytest.fixture(scope="module")
def smooth():
    """Tissue without a fan, on a border of background: (1, 1, i, j, k)."""
    tissue = ndimage.gaussian_filter(np.random.default_rng(0).random(SHAPE, dtype=np.float32), 2.0)
    return torch.from_numpy(np.pad((tissue - tissue.min()) / np.ptp(tissue), 4))[None, None]


@pytest.fixture
def differences(smooth, only):
    """Of what both make of one draw, voxel by voxel."""

    def of(names, seed):
        pipelines = [build_augmentation(only(*names, backend=backend)) for backend in ("torch", "torchio")]
        drawn = pipelines[0].sample(scan_rng(seed, 0, "a"), tuple(smooth.shape[2:]))
        ours, theirs = (pipeline.apply(smooth, [drawn]) for pipeline in pipelines)
        assert not torch.equal(ours, smooth)
        return (ours - theirs).abs()

    return of


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", NAMES)
def test_each_transform_is_that_of_torchio(name, seed, differences):
    assert differences([name], seed).max() < (ITK_CONTROL_GRID if name == "elastic" else 1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_all_maps_in_one_resampling_are_those_of_torchio(seed, differences):
    assert differences(MOVES, seed).max() < 2 * ITK_CONTROL_GRID


@pytest.mark.parametrize("seed", range(5))
def test_all_transforms_together_agree_but_for_single_voxels_at_the_border_of_the_fan(seed, differences):
    apart = differences(NAMES, seed)
    assert apart.mean() < 5e-4
    assert (apart > 2 * ITK_CONTROL_GRID).float().mean() < 2e-3


@pytest.mark.parametrize("name", NAMES)
def test_a_mask_moves_alike(name, smooth, only):
    scans = torch.cat([smooth, (smooth > 0.5).float()], dim=1)
    pipelines = [build_augmentation(only(name, backend=backend)) for backend in ("torch", "torchio")]
    drawn = pipelines[0].sample(scan_rng(0, 0, "a"), tuple(smooth.shape[2:]))
    ours, theirs = (pipeline.apply(scans, [drawn])[:, 1] for pipeline in pipelines)
    assert torch.equal(ours, scans[:, 1]) == (name not in (*MOVES, "fan_crop"))  # which hides a part of it
    assert (ours - theirs).abs().mean() < 5e-4  # the mask has hard edges


def test_the_configuration_chooses(only):
    assert type(build_augmentation(only())) is AugmentationPipeline
    assert type(build_augmentation(only(backend="torchio"))) is TorchioPipeline


@pytest.mark.parametrize("seed", range(3))
def test_torch_draws_the_same_after_torchio(seed, smooth, only):
    pipeline = build_augmentation(only(*NAMES, backend="torchio"))
    torch.manual_seed(seed)
    expected = torch.rand(3)
    torch.manual_seed(seed)
    pipeline.apply(smooth, [pipeline.sample(scan_rng(seed, 0, "a"), tuple(smooth.shape[2:]))])
    assert torch.equal(torch.rand(3), expected)
