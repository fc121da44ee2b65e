import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from volest.geometry import Grid, centred_affine
from volest.images.image import Image
from volest.preprocessing.pipeline import place_back, prepare, prepare_occupancy

EVERYTHING = (0.0, 100.0)


def ball(shape, spacing_mm, radius_mm):
    """A smooth ball of 255 in a fan of 1, in the middle of the raster."""
    affine = centred_affine(shape, spacing_mm)
    index = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    distance_mm = np.linalg.norm(index @ affine[:3, :3].T + affine[:3, 3], axis=-1)
    return Image(1 + 254 * gaussian_filter((distance_mm < radius_mm).astype(np.float32), 0.7), affine)


def content_mm3(prepared, grid):
    return float(prepared.voxels.sum()) * grid.spacing_mm**3


def test_a_scan_at_the_grid_s_spacing_is_copied_not_interpolated(rng):
    voxels = rng.integers(1, 255, size=(23, 31, 22)).astype(np.uint8)
    voxels[0, 0, 0], voxels[1, 1, 1] = 0, 255
    prepared = prepare(
        Image(voxels, centred_affine((23, 31, 22), (1.5, 1.5, 1.5))), Grid((24, 32, 24), 1.5), EVERYTHING
    )
    np.testing.assert_allclose(prepared.voxels[:23, :31, 1:23], voxels / 255, atol=1e-6)
    assert prepared.voxels[23:].sum() == 0
    assert prepared.cut == 0


@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0, 1.0), (0.6, 0.8, 1.2), (2.0, 1.7, 1.4)])
def test_the_size_in_millimetres_survives_any_spacing(spacing_mm):
    shape = tuple(int(60 / s) for s in spacing_mm)
    grid = Grid((48, 48, 48), 1.5)
    prepared = prepare(ball(shape, spacing_mm, radius_mm=15), grid, EVERYTHING)
    assert content_mm3(prepared, grid) == pytest.approx(4 / 3 * np.pi * 15**3, rel=0.02)


def test_halving_the_spacing_shrinks_the_content_eightfold_on_a_physical_grid():
    grid = Grid((64, 64, 64), 1.0)
    scan = ball((60, 60, 60), (1.0, 1.0, 1.0), radius_mm=20)
    small = Image(scan.voxels, centred_affine(scan.shape, (0.5, 0.5, 0.5)))
    ratio = (prepare(small, grid, EVERYTHING).voxels > 0.5).sum() / (prepare(scan, grid, EVERYTHING).voxels > 0.5).sum()
    assert ratio == pytest.approx(1 / 8, rel=0.05)


def test_a_stretched_grid_is_filled_whatever_the_spacing():
    grid = Grid((32, 32, 32), None)
    scan = ball((60, 40, 50), (1.0, 1.5, 1.2), radius_mm=20)
    other = Image(scan.voxels, centred_affine(scan.shape, (0.5, 0.75, 0.6)))
    one, two = (prepare(image, grid, EVERYTHING).voxels for image in (scan, other))
    np.testing.assert_array_equal(one, two)
    assert (one > 0.5).mean() == pytest.approx((scan.voxels > 128).mean(), rel=0.05)


def test_orientation_of_the_file_changes_nothing(rng):
    scan = ball((30, 34, 38), (1.0, 1.0, 1.0), radius_mm=9)
    voxels = scan.voxels.copy()
    voxels[2:6, 2:9, 3:5] = 100
    turned = Image(np.flip(voxels, 0).transpose(2, 0, 1), _turned(scan.affine, scan.shape))
    grid = Grid((40, 40, 40), 1.0)
    np.testing.assert_allclose(
        prepare(turned, grid, EVERYTHING).voxels,
        prepare(Image(voxels, scan.affine), grid, EVERYTHING).voxels,
        atol=1e-6,
    )


def _turned(affine, shape):
    flipped = affine.copy()
    flipped[:3, 3] = affine[:3, 3] + affine[:3, 0] * (shape[0] - 1)
    flipped[:3, 0] *= -1
    return flipped[:, [2, 0, 1, 3]]


def test_what_lies_outside_the_grid_is_told():
    scan = ball((60, 60, 60), (1.0, 1.0, 1.0), radius_mm=20)
    assert prepare(scan, Grid((64, 64, 64), 1.0), EVERYTHING).cut == 0
    assert prepare(scan, Grid((64, 64, 16), 1.0), EVERYTHING).cut > 0.2


@pytest.mark.parametrize("spacing_mm", [(1.5, 1.5, 1.5), (0.6, 0.8, 1.2), (2.0, 1.7, 1.4)])
def test_an_occupancy_holds_the_volume_of_its_mask_where_the_scan_has_it(spacing_mm):
    grid = Grid((24, 24, 24), 3.0)
    shape = tuple(int(60 / s) for s in spacing_mm)
    image = ball(shape, spacing_mm, radius_mm=15)
    occupancy = prepare_occupancy(Image((image.voxels > 128).astype(np.uint8), image.affine), grid)
    volume_mm3 = float(occupancy.sum()) * grid.spacing_mm**3
    assert volume_mm3 == pytest.approx((image.voxels > 128).sum() * np.prod(spacing_mm), rel=0.02)
    assert 0 <= occupancy.min() <= occupancy.max() <= 1
    seen = prepare(image, grid, EVERYTHING).voxels
    centres = [np.average(np.arange(24), weights=part.sum(axis=(1, 2))) for part in (occupancy, seen)]
    assert centres[0] == pytest.approx(centres[1], abs=0.1)


@pytest.mark.parametrize("grid", [Grid((40, 40, 40), 1.0), Grid((32, 32, 32), None)])
def test_what_was_put_on_the_grid_is_placed_back_where_it_was(grid):
    scan = ball((30, 34, 38), (1.0, 1.0, 1.0), radius_mm=9)
    turned = Image(np.flip(scan.voxels, 0).transpose(2, 0, 1), _turned(scan.affine, scan.shape))
    placed = place_back(prepare(turned, grid, EVERYTHING).voxels, turned, grid)
    np.testing.assert_array_equal(placed.affine, turned.affine)
    tolerance = 0.01 if grid.spacing_mm else 0.12  # a stretched grid interpolates twice
    np.testing.assert_allclose(placed.voxels, turned.voxels / turned.voxels.max(), atol=tolerance)
