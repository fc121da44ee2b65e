import numpy as np
import pytest

from volest.preprocessing.intensity import clip_to_unit, standardise


def test_the_background_becomes_zero_and_the_fan_spans_the_unit_interval(rng):
    voxels = np.zeros((20, 20, 20), np.uint8)
    voxels[5:15] = rng.integers(1, 200, size=(10, 20, 20))
    unit = clip_to_unit(voxels, (0.0, 99.0))
    assert unit[:5].max() == 0
    assert unit.max() == 1
    assert unit.dtype == np.float32


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_scan_itself_stays_as_it_is_whatever_its_order_in_memory(rng, order):
    voxels = np.asarray(rng.integers(0, 200, size=(6, 7, 8)).astype(np.float32), order=order)
    before = voxels.copy()
    unit = clip_to_unit(voxels, (0.0, 99.0))
    np.testing.assert_array_equal(voxels, before)
    np.testing.assert_array_equal(unit, clip_to_unit(np.ascontiguousarray(before[::-1]), (0.0, 99.0))[::-1])


def test_gain_of_the_machine_is_undone(rng):
    voxels = np.zeros((20, 20, 20), np.float32)
    voxels[5:15] = rng.uniform(1, 100, size=(10, 20, 20))
    np.testing.assert_allclose(clip_to_unit(voxels * 2, (0, 99.5)), clip_to_unit(voxels, (0, 99.5)), atol=1e-6)


def test_the_size_of_the_fan_does_not_move_the_percentiles(rng):
    fan = rng.uniform(1, 100, size=(10, 20, 20)).astype(np.float32)
    narrow, wide = (np.zeros((n, 20, 20), np.float32) for n in (12, 60))
    narrow[:10], wide[:10] = fan, fan
    np.testing.assert_array_equal(clip_to_unit(narrow, (0, 95))[:10], clip_to_unit(wide, (0, 95))[:10])


def test_the_fan_has_zero_mean_and_unit_variance_after_standardising(rng):
    voxels = np.zeros((20, 20, 20), np.float32)
    voxels[5:15] = rng.uniform(0.1, 1, size=(10, 20, 20))
    fan = standardise(voxels)[5:15]
    assert fan.mean() == pytest.approx(0, abs=1e-4)
    assert fan.std() == pytest.approx(1, abs=1e-4)


def test_brightness_and_contrast_say_nothing_after_standardising(rng):
    voxels = rng.uniform(0.1, 1, size=(8, 8, 8)).astype(np.float32)
    np.testing.assert_allclose(standardise(0.5 * voxels + 0.1), standardise(voxels), atol=1e-4)


def test_a_scan_without_tissue_stays_as_it_is():
    np.testing.assert_array_equal(standardise(np.zeros((4, 4, 4), np.float32)), 0)
