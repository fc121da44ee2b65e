import numpy as np
import pytest
import torch

from volest.augmentation.placement import Placement
from volest.augmentation.warp import warp

STILL = Placement(np.eye(3), np.zeros(3))
MIRRORED = Placement(-np.eye(3), np.zeros(3))


def warped(scan, placement=STILL, by=None):
    return warp(torch.from_numpy(scan)[None, None], [placement], [by])[0, 0].numpy()


def test_no_displacement_is_the_identity(scan):
    assert warped(scan) == pytest.approx(scan, abs=1e-5)
    assert warped(scan, by=torch.zeros(3, *scan.shape)) == pytest.approx(scan, abs=1e-5)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_each_voxel_takes_what_lies_at_its_displacement(axis, scan):
    by = torch.zeros(3, *scan.shape)
    by[axis] = 2
    shifted = np.roll(scan, -2, axis)
    np.moveaxis(shifted, axis, 0)[-2:] = 0
    assert warped(scan, by=by) == pytest.approx(shifted, abs=1e-4)


def test_a_negative_matrix_is_the_mirror_image_about_the_centre(scan):
    assert warped(scan, MIRRORED) == pytest.approx(scan[::-1, ::-1, ::-1], abs=1e-4)


@pytest.mark.parametrize("threads", [1, 4, 5, 16])
def test_neither_threads_nor_the_rest_of_the_batch_change_a_bit(threads, scan, rng):
    """A CPU's threads share one scan in slabs, where the batch has fewer scans than there are threads."""
    turned = Placement(np.linalg.qr(rng.normal(size=(3, 3)))[0], rng.normal(size=3))
    bent = torch.from_numpy(rng.normal(size=(3, *scan.shape)).astype(np.float32))
    alone = warped(scan, turned, bent)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(threads)
        several = torch.from_numpy(np.stack([[scan, scan**2], [scan / 2, scan]]))
        together = warp(several, [turned, MIRRORED], [bent, None]).numpy()
        assert np.array_equal(warped(scan, turned, bent), alone)
    finally:
        torch.set_num_threads(before)
    assert np.array_equal(together[0, 0], alone)
    assert together[1, 1] == pytest.approx(scan[::-1, ::-1, ::-1], abs=1e-4)
