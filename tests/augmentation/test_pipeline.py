import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from volest.augmentation.drawn import Drawn
from volest.augmentation.pipeline import AugmentationPipeline
from volest.augmentation.stream import scan_rng
from volest.config.augmentation import AugmentationConfig

NAMES = tuple(Drawn.__dataclass_fields__)
MEASURED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def everything(only):
    return AugmentationPipeline(only(*NAMES))


@pytest.mark.parametrize("name", NAMES)
def test_each_transform_changes_the_scan_and_gives_a_scan(name, only, scan, rng):
    out = AugmentationPipeline(only(name))(scan, rng).voxels
    assert not np.array_equal(out, scan)
    assert out.dtype == np.float32
    assert out.shape == scan.shape
    assert out.flags.c_contiguous
    assert np.isfinite(out).all()
    assert out.min() >= 0
    assert out.max() <= 1


@MEASURED
@given(st.integers(0, 2**32))
def test_any_draw_gives_finite_intensities_between_0_and_1(everything, scan, seed):
    augmented = everything(scan, scan_rng(seed, 0, "scan"))
    assert np.isfinite(augmented.voxels).all()
    assert augmented.voxels.min() >= 0
    assert augmented.voxels.max() <= 1
    assert augmented.volume_factor > 0


def test_a_draw_replayed_gives_the_same_bits_whatever_shares_the_batch(everything, tensor):
    batch = torch.stack([tensor, tensor**2, tensor / 2])[:, None]
    drawn = [everything.sample(scan_rng(0, 0, name), tensor.shape) for name in "abc"]
    together = everything.apply(batch, drawn)
    assert torch.equal(everything.apply(batch, drawn), together)
    for n in range(3):
        assert torch.equal(everything.apply(batch[[n]], [drawn[n]])[0], together[n])


def test_a_second_channel_moves_with_the_first_and_is_narrowed_with_it(everything, tensor, rng):
    drawn = everything.sample(rng, tensor.shape)
    scans = torch.stack([tensor, (tensor > 0.5).float()])[None]
    both = everything.apply(scans, [drawn])
    assert torch.equal(both[:, :1], everything.apply(scans[:, :1], [drawn]))
    moved_alone, not_narrowed = (replace(drawn, **dict.fromkeys(NAMES[n:])) for n in (5, 6))
    sector = everything.fan_crop.sector(everything.apply(scans[:, :1], [not_narrowed])[0, 0], drawn.fan_crop)
    assert torch.equal(both[:, 1:], everything.apply(scans[:, 1:], [moved_alone]) * sector)


def test_a_draw_is_a_value_that_pickles_and_prints(everything, scan, rng):
    drawn = everything.sample(rng, scan.shape)
    assert pickle.loads(pickle.dumps(drawn)) == drawn
    assert (
        eval(repr(drawn), {type(getattr(drawn, n)).__name__: type(getattr(drawn, n)) for n in NAMES} | {"Drawn": Drawn})
        == drawn
    )


def test_a_pickled_pipeline_augments_as_the_original(everything, scan):
    copy = pickle.loads(pickle.dumps(everything))
    assert np.array_equal(copy(scan, scan_rng(0, 1, "a")).voxels, everything(scan, scan_rng(0, 1, "a")).voxels)


def test_every_epoch_and_every_scan_differs(scan):
    pipeline = AugmentationPipeline(AugmentationConfig())
    seen = {pipeline(scan, scan_rng(0, epoch, name)).voxels.tobytes() for epoch in range(5) for name in "ab"}
    assert len(seen) == 10


@pytest.mark.parametrize("config", ["never", "disabled"])
def test_nothing_drawn_is_the_identity(config, only, scan, rng):
    pipeline = AugmentationPipeline(only() if config == "never" else AugmentationConfig(enabled=False))
    augmented = pipeline(scan, rng)
    assert np.array_equal(augmented.voxels, scan)
    assert augmented.volume_factor == 1.0


def test_a_target_that_does_not_follow_gets_the_same_voxels(only, scan):
    following, broken = (AugmentationPipeline(only("zoom", follow=follow)) for follow in (True, False))
    a, b = following(scan, scan_rng(0, 0, "a")), broken(scan, scan_rng(0, 0, "a"))
    assert np.array_equal(a.voxels, b.voxels)
    assert a.volume_factor != 1.0
    assert b.volume_factor == 1.0


def test_a_read_only_cached_scan_stays_as_it_is(everything, scan, rng):
    before = scan.copy()
    scan.flags.writeable = False
    everything(scan, rng)
    assert np.array_equal(scan, before)


@pytest.mark.parametrize("name", ["blur", "speckle", "shadow", "depth_gain", "gamma", "noise", "fan_crop"])
def test_background_stays_background(name, only, scan, rng):
    out = AugmentationPipeline(only(name))(scan, rng).voxels
    assert (out[scan == 0] == 0).all()


def test_what_comes_from_outside_is_background(only, rng):
    pipeline = AugmentationPipeline(only("translation", "rotation", "zoom", "elastic"))
    shape = (24, 24, 24)
    drawn = pipeline.sample(rng, shape)
    drawn = replace(drawn, zoom=replace(drawn.zoom, scales=(0.5, 0.5, 0.5)))
    out = pipeline.apply(torch.full((1, 1, *shape), 0.5), [drawn])[0, 0]
    assert out[:3].max() == 0
    assert out[12, 12, 12] == pytest.approx(0.5)


def test_torch_draws_the_same_after_augmentation(everything, scan, rng):
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    everything(scan, rng)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_translation_moves_the_content_towards_higher_indices(axis, only):
    pipeline = AugmentationPipeline(only("translation"))
    shape = (16, 20, 24)
    voxels = torch.zeros(1, 1, *shape)
    voxels[..., 8, 8, 8] = 1
    shift = [0.0, 0.0, 0.0]
    shift[axis] = 3.0
    drawn = pipeline.sample(scan_rng(0, 0, "a"), shape)
    drawn = replace(drawn, translation=replace(drawn.translation, voxels=tuple(shift)))
    brightest = pipeline.apply(voxels, [drawn]).argmax().item()
    assert np.unravel_index(brightest, shape) == tuple(8 + np.array(shift).astype(int))
