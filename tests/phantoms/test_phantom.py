from dataclasses import replace

import numpy as np
import pytest

from volest.phantoms.phantom import make_phantom


@pytest.fixture(scope="module")
def phantom(parameters):
    return make_phantom(parameters, np.random.default_rng(3))


def test_mask_counts_to_the_analytic_volume(parameters):
    fine = replace(
        parameters, shape=(110, 110, 110), spacing_mm=(0.75, 0.75, 0.75), samples=(8, 8, 8)
    )  # few echoes: only the mask is looked at
    phantom = make_phantom(fine, np.random.default_rng(0))
    assert phantom.mask.sum() * phantom.image.voxel_volume_ml == pytest.approx(phantom.volume_ml, rel=0.01)
    assert phantom.volume_ml == fine.structure.shape.volume_ml


def test_halving_the_voxels_keeps_the_volume(parameters, phantom):
    halved = replace(parameters, spacing_mm=tuple(step / 2 for step in parameters.spacing_mm))
    assert make_phantom(halved, np.random.default_rng(0)).volume_ml == phantom.volume_ml


def test_outside_of_the_sector_is_exactly_zero_and_inside_is_not(parameters, phantom):
    indices = np.moveaxis(np.indices(phantom.image.shape), 0, -1)
    points = indices @ phantom.image.affine[:3, :3].T + phantom.image.affine[:3, 3]
    scanned = parameters.sector.contains(parameters.sector.polar(points.astype(np.float32)))
    assert phantom.image.voxels.dtype == np.uint8
    assert not phantom.image.voxels[~scanned].any()
    assert 0.1 < np.mean(~scanned) < 0.6
    assert np.mean(phantom.image.voxels[scanned] > 0) > 0.95
    assert scanned[phantom.mask == 1].all()


def test_same_seed_same_voxels_other_seed_other_speckle(parameters, phantom):
    again, other = (make_phantom(parameters, np.random.default_rng(seed)) for seed in (3, 4))
    np.testing.assert_array_equal(again.image.voxels, phantom.image.voxels)
    assert np.mean(other.image.voxels != phantom.image.voxels) > 0.3
    np.testing.assert_array_equal(other.mask, phantom.mask)


def test_gain_brightens_by_its_share_of_the_dynamic_range(parameters):
    def mean_grey(gain_db):
        receiver = replace(parameters.receiver, gain_db=gain_db, dynamic_range_db=60.0)
        voxels = make_phantom(replace(parameters, receiver=receiver), np.random.default_rng(0)).image.voxels
        return voxels[voxels > 0].mean()

    assert mean_grey(3.0) - mean_grey(-3.0) == pytest.approx(255 * 6 / 60, rel=0.1)


def test_attenuation_that_is_not_compensated_darkens_with_depth(parameters):
    def fall(compensation):
        receiver = replace(parameters.receiver, attenuation_db_per_cm=3.0, compensation=compensation, noise_db=-200.0)
        voxels = make_phantom(replace(parameters, receiver=receiver), np.random.default_rng(0)).image.voxels
        near, far = voxels[20:28, 32:38, 20:28], voxels[20:28, 8:14, 20:28]
        return near.mean() - far.mean()

    assert fall(compensation=0.7) > fall(compensation=1.0) + 10


def test_hypoechoic_structure_is_darker_than_its_surroundings_though_no_threshold_finds_it(many_parameters):
    dark = next(p for p in many_parameters if p.structure.echo_db < -7 and not p.surroundings.shadows)
    phantom = make_phantom(dark, np.random.default_rng(0))
    inside, outside = (phantom.image.voxels[(phantom.mask == part) & (phantom.image.voxels > 0)] for part in (1, 0))
    assert inside.mean() < outside.mean() - 10
    threshold = (inside.mean() + outside.mean()) / 2
    assert np.sum(inside < threshold) + np.sum(outside < threshold) > 1.5 * phantom.mask.sum()
