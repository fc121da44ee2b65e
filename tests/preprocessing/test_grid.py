import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volest.config.schema import PreprocessingConfig
from volest.errors import ConfigError
from volest.preprocessing.grid import MULTIPLE, plan_grid

edges = st.tuples(*[st.integers(8, 300)] * 3)
spacings = st.tuples(*[st.floats(0.1, 4)] * 3)


@given(st.lists(st.tuples(edges, spacings), min_size=1, max_size=5), st.integers(8**3, 96**3))
def test_every_training_scan_fits_into_the_grid_and_the_grid_into_the_budget(rasters, budget):
    grid = plan_grid(rasters, PreprocessingConfig(voxel_budget=budget))
    extent_mm = np.array(grid.shape) * grid.spacing_mm
    for shape, spacing_mm in rasters:
        assert (np.multiply(shape, spacing_mm) <= extent_mm + 1e-3).all()
    assert np.prod(grid.shape) <= budget
    assert all(n % MULTIPLE == 0 for n in grid.shape)


def test_the_grid_is_never_finer_than_the_scans():
    grid = plan_grid([((20, 20, 20), (1.5, 1.5, 1.5))], PreprocessingConfig(voxel_budget=128**3))
    assert grid.spacing_mm == 1.5
    assert grid.shape == (24, 24, 24)


def test_a_given_spacing_and_shape_are_kept():
    rasters = [((40, 40, 40), (1.0, 1.0, 1.0))]
    assert plan_grid(rasters, PreprocessingConfig(spacing_mm=2.0)).spacing_mm == 2.0
    assert plan_grid(rasters, PreprocessingConfig(spacing_mm=2.0, shape=(20, 24, 28))).shape == (20, 24, 28)
    assert plan_grid(rasters, PreprocessingConfig(shape=(16, 16, 16))).spacing_mm == 2.5


def test_a_stretched_grid_is_the_largest_cube_within_the_budget_and_has_no_millimetres():
    grid = plan_grid([((40, 50, 60), (1.0, 1.0, 1.0))], PreprocessingConfig(fit="stretch", voxel_budget=64**3))
    assert grid.shape == (64, 64, 64)
    assert grid.is_stretched


def test_scans_that_differ_a_little_share_a_grid():
    grids = {
        plan_grid([((128, 128, 128), (s, s, s))], PreprocessingConfig(voxel_budget=64**3))
        for s in (0.701, 0.702, 0.704)
    }
    assert len(grids) == 1


def test_an_impossible_shape_is_refused():
    with pytest.raises(ValueError, match="at least 8 voxels"):
        PreprocessingConfig(shape=(4, 64, 64))


def test_a_shape_that_would_cut_a_training_scan_is_refused():
    with pytest.raises(ConfigError, match=r"would cut into the largest training scan, 40 x 40 x 40 mm.*\[24, 24, 24\]"):
        plan_grid([((40, 40, 40), (1.0, 1.0, 1.0))], PreprocessingConfig(spacing_mm=2.0, shape=(16, 24, 24)))
