import numpy as np
import pytest

from volest.datasets.thumbnail import thumbnail
from volest.images.image import Image


def test_a_thumbnail_is_a_cube_between_0_and_1(image):
    small = thumbnail(image)
    assert small.shape == (12, 12, 12)
    assert small.min() >= 0
    assert small.max() <= 1


@pytest.mark.parametrize("shape", [(47, 63, 44), (12, 12, 12), (5, 7, 30)])
def test_averaging_keeps_the_mean_whatever_the_shape(rng, shape):
    voxels = (rng.random(shape) > 0.5).astype(np.uint8)
    assert thumbnail(Image(voxels, np.eye(4))).mean() == pytest.approx(voxels.mean(), abs=1e-6)


def test_the_orientation_of_the_file_changes_nothing(rng):
    voxels = rng.random((20, 24, 30))
    affine = np.diag([0.5, 0.6, 0.7, 1.0])
    flipped = affine.copy()
    flipped[:3, 0] *= -1
    flipped[0, 3] = 19 * 0.5
    np.testing.assert_allclose(thumbnail(Image(voxels[::-1], flipped)), thumbnail(Image(voxels, affine)))


def test_gain_and_offset_change_nothing(rng):
    voxels = rng.random((20, 24, 30))
    np.testing.assert_allclose(
        thumbnail(Image(3 * voxels + 40, np.eye(4))), thumbnail(Image(voxels, np.eye(4))), atol=1e-4
    )


def test_a_lone_bright_voxel_does_not_darken_the_rest(rng):
    voxels = rng.random((20, 20, 20))
    spiked = voxels.copy()
    spiked[0, 0, 0] = 1e6
    np.testing.assert_allclose(
        thumbnail(Image(spiked, np.eye(4)))[3:], thumbnail(Image(voxels, np.eye(4)))[3:], atol=0.01
    )


def test_a_nearly_empty_scan_keeps_its_few_bright_voxels():
    voxels = np.zeros((24, 24, 24), dtype=np.uint8)
    voxels[:2, :2, :2] = 200
    assert thumbnail(Image(voxels, np.eye(4)))[0, 0, 0] == pytest.approx(1)
