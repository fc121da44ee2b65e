import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
import torchio as tio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import ndimage

from volest import geometry
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


def test_a_draw_replayed_gives_the_same_bits(everything, scan, rng):
    drawn = everything.sample(rng, scan.shape)
    assert everything.apply(scan, drawn).tobytes() == everything.apply(scan, drawn).tobytes()


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
    out = pipeline.apply(np.full(shape, 0.5, dtype=np.float32), drawn)
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
    voxels = np.zeros(shape, dtype=np.float32)
    voxels[8, 8, 8] = 1
    shift = [0.0, 0.0, 0.0]
    shift[axis] = 3.0
    drawn = pipeline.sample(scan_rng(0, 0, "a"), shape)
    drawn = replace(drawn, translation=replace(drawn.translation, voxels=tuple(shift)))
    assert np.unravel_index(pipeline.apply(voxels, drawn).argmax(), shape) == tuple(8 + np.array(shift).astype(int))


def test_elastic_and_affine_at_once_agree_with_torchio(only):
    """The independent witness: torchio's AffineElasticDeformation, from the same parameters."""
    shape = (32, 40, 24)
    smooth = ndimage.gaussian_filter(np.random.default_rng(0).random(shape, dtype=np.float32), 2.0)
    smooth = np.pad((smooth - smooth.min()) / np.ptp(smooth), 4)
    pipeline = AugmentationPipeline(only("rotation", "translation", "zoom", "elastic"))
    drawn = pipeline.sample(scan_rng(0, 0, "a"), smooth.shape)
    drawn = replace(drawn, elastic=replace(drawn.elastic, displacement=0.05))
    coefficients = pipeline.elastic.coefficients(drawn.elastic, smooth.shape)
    # ITK lays the control grid along its own axes, which run against i and j.
    coefficients = coefficients[::-1, ::-1] * [-1, -1, 1]
    affine = {"scales": drawn.zoom.scales, "degrees": drawn.rotation.degrees, "translation": drawn.translation.voxels}
    theirs = tio.AffineElasticDeformation(
        True,
        {**affine, "default_pad_value": 0},
        {"control_points": coefficients, "max_displacement": (0.0, 0.0, 0.0)},
    )
    centred = geometry.centred_affine(smooth.shape, (1.0, 1.0, 1.0))
    image = tio.ScalarImage(tensor=torch.from_numpy(smooth)[None], affine=centred)
    expected = theirs(image).numpy()[0]
    undeformed = pipeline.apply(smooth, replace(drawn, elastic=None))
    ours = pipeline.apply(smooth, drawn)
    assert np.abs(expected - undeformed).max() > 0.2
    # ITK's control grid reaches an eighth of a voxel beyond the raster, ours ends with it.
    assert np.abs(expected - ours).max() < 0.02
    assert np.abs(expected - ours).mean() < 0.002
