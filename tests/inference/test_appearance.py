import numpy as np
import pytest

from volest.inference.appearance import BLOCKS, appearance, block_means, grey_levels, layout, sharpness


@pytest.fixture
def fan(rng):
    """Tissue in the lower half of a raster, smooth along i."""
    voxels = np.zeros((16, 16, 16), np.float32)
    voxels[:, :8] = np.clip(0.5 + 0.1 * rng.standard_normal((1, 8, 16)), 0.1, 1)
    return voxels


def test_the_share_of_the_fan_stands_before_its_quantiles(fan):
    assert grey_levels(fan)[0] == pytest.approx(0.5)
    assert grey_levels(fan)[3] == pytest.approx(np.median(fan[:, :8]), rel=1e-5)


def test_an_empty_raster_has_traits_too():
    traits = appearance(np.zeros((8, 8, 8), np.float32), (1.0, 1.0, 1.0), 10.0, [])
    assert all(np.isfinite(trait).all() for trait in traits.values())


def test_sharpness_is_told_axis_by_axis(fan):
    along_i, along_j = sharpness(fan)[0], sharpness(fan)[2]
    assert along_i == pytest.approx(np.log(1e-3))
    assert along_j > along_i + 2


def test_the_fan_edge_is_no_sharpness(fan):
    louder = np.where(fan > 0, fan, 0)
    louder[:, 8:] = 0
    assert sharpness(louder) == pytest.approx(sharpness(fan))


def test_blocks_have_the_means_of_their_voxels(rng):
    voxels = rng.uniform(0, 1, (8, 12, 16)).astype(np.float32)
    expected = voxels.reshape(BLOCKS, 2, BLOCKS, 3, BLOCKS, 4).mean(axis=(1, 3, 5))
    np.testing.assert_allclose(block_means(voxels), expected, rtol=1e-5)


def test_a_raster_that_does_not_divide_keeps_its_mean(rng):
    voxels = rng.uniform(0, 1, (9, 10, 11)).astype(np.float32)
    assert block_means(voxels).mean() == pytest.approx(voxels.mean(), rel=0.05)


def test_a_mirrored_scan_is_seen_where_the_training_did_not_mirror(fan):
    mirrored = fan[:, ::-1].copy()
    assert np.abs(layout(fan, []) - layout(mirrored, [])).max() > 0.3
    assert layout(fan, [1]) == pytest.approx(layout(mirrored, [1]))
