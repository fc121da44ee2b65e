import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volest import geometry
from volest.geometry import Grid

STEPS = st.tuples(*[st.floats(0.1, 5.0)] * 3)
SHAPES = st.tuples(*[st.integers(1, 200)] * 3)


def rotation(rng):
    """A proper or improper rotation."""
    return np.linalg.qr(rng.standard_normal((3, 3)))[0]


def oblique(steps, seed=0):
    affine = np.eye(4)
    affine[:3, :3] = rotation(np.random.default_rng(seed)) @ np.diag(steps)
    affine[:3, 3] = (3.0, -40.0, 7.0)
    return affine


@given(STEPS, st.integers(0, 50))
def test_spacing_and_voxel_volume_do_not_depend_on_how_the_scan_lies(steps, seed):
    assert geometry.spacing_mm(oblique(steps, seed)) == pytest.approx(steps)
    assert geometry.voxel_volume_ml(oblique(steps, seed)) == pytest.approx(np.prod(steps) / 1000)


def test_a_sheared_voxel_holds_less_than_its_edges_span():
    affine = np.array([[1.0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    assert np.prod(geometry.spacing_mm(affine)) == pytest.approx(2**0.5)
    assert geometry.voxel_volume_ml(affine) == pytest.approx(1e-3)


def test_a_litre_is_a_thousand_millilitres():
    """100 x 100 x 100 voxels of 1 mm: a cube of 10 cm."""
    assert geometry.field_of_view_ml((100, 100, 100), np.eye(4)) == pytest.approx(1000)


@given(SHAPES, STEPS)
def test_halving_the_spacing_divides_the_field_of_view_by_eight(shape, steps):
    half = tuple(step / 2 for step in steps)
    whole, eighth = (geometry.field_of_view_ml(shape, oblique(s)) for s in (steps, half))
    assert whole / eighth == pytest.approx(8)


@given(SHAPES, STEPS)
def test_the_field_of_view_is_the_product_of_its_edges(shape, steps):
    extent_mm = geometry.extent_mm(shape, oblique(steps))
    assert geometry.field_of_view_ml(shape, oblique(steps)) == pytest.approx(np.prod(extent_mm) / 1000)


@given(SHAPES, STEPS)
def test_the_middle_of_a_centred_raster_is_the_origin(shape, steps):
    affine = geometry.centred_affine(shape, steps)
    corners = [affine @ (*corner, 1) for corner in ((0, 0, 0), np.array(shape) - 1)]
    assert np.mean(corners, axis=0)[:3] == pytest.approx([0, 0, 0], abs=1e-9)
    assert geometry.spacing_mm(affine) == pytest.approx(steps)


@pytest.mark.parametrize("seed", range(20))
def test_turning_to_ras_moves_no_voxel(seed, rng):
    """Whatever the axes: each intensity stays where it was in the patient."""
    voxels = np.arange(2 * 3 * 4).reshape(2, 3, 4)
    affine = oblique((0.5, 0.8, 1.3), seed)
    turned, turned_affine = geometry.to_nearest_ras(voxels, affine)
    assert sorted(turned.shape) == [2, 3, 4]
    for value in rng.choice(24, 5, replace=False):
        before, after = (np.argwhere(array == value)[0] for array in (voxels, turned))
        assert (affine @ (*before, 1)) == pytest.approx(turned_affine @ (*after, 1))


@pytest.mark.parametrize("seed", range(20))
def test_after_turning_each_axis_runs_nearest_to_right_anterior_superior(seed):
    """No other order or direction of the axes would follow the body better."""
    voxels = np.zeros((2, 3, 4))
    _, affine = geometry.to_nearest_ras(voxels, oblique((0.5, 0.8, 1.3), seed))
    directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    assert (np.diag(directions) > 0).all()
    again, same = geometry.to_nearest_ras(voxels.transpose(), affine)
    assert same == pytest.approx(affine)
    assert again.shape == (4, 3, 2)


def test_a_grid_without_spacing_is_stretched():
    assert Grid((8, 8, 8), None).is_stretched
    assert not Grid((8, 8, 8), 1.5).is_stretched
