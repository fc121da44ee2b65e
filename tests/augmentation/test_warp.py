import numpy as np
import pytest

from volest.augmentation.warp import warp


def still(shape):
    return np.zeros((*shape, 3), dtype=np.float32)


def test_no_displacement_is_the_identity(scan):
    assert warp(scan, np.eye(3), np.zeros(3), by=still(scan.shape)) == pytest.approx(scan, abs=1e-5)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_each_voxel_takes_what_lies_at_its_displacement(axis, scan):
    by = still(scan.shape)
    by[..., axis] = 2
    shifted = np.roll(scan, -2, axis)
    np.moveaxis(shifted, axis, 0)[-2:] = 0
    assert warp(scan, np.eye(3), np.zeros(3), by) == pytest.approx(shifted, abs=1e-4)


def test_a_negative_matrix_is_the_mirror_image_about_the_centre(scan):
    assert warp(scan, -np.eye(3), np.zeros(3), by=still(scan.shape)) == pytest.approx(scan[::-1, ::-1, ::-1], abs=1e-4)
