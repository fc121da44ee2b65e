import numpy as np
import pytest

from volest.phantoms.shape import Lobe, StarShape, draw_shape


def counted_ml(shape: StarShape, spacing_mm: float = 0.5) -> float:
    reach = np.arange(-shape.reach_mm, shape.reach_mm, spacing_mm)
    points = np.stack(np.meshgrid(reach, reach, reach, indexing="ij"), axis=-1)
    return float(np.sum(shape.level(points) <= 1)) * spacing_mm**3 / 1000


def test_ellipsoid_encloses_four_thirds_pi_abc():
    assert StarShape((10.0, 20.0, 30.0)).volume_ml == pytest.approx(4 / 3 * np.pi * 6.0, rel=1e-12)


def test_dipole_lobe_has_the_textbook_volume():
    # integral of (1 + a x)^3 over the sphere, over 3: 4 pi / 3 * (1 + a^2)
    shape = StarShape((10.0, 10.0, 10.0), (Lobe((0.0, 0.6, 0.8), 1, 0.3),))
    assert shape.volume_ml == pytest.approx(4 / 3 * np.pi * (1 + 0.3**2), rel=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_analytic_volume_is_the_counted_volume(seed):
    shape = draw_shape(np.random.default_rng(seed), volume_ml=12.0)
    assert counted_ml(shape) == pytest.approx(shape.volume_ml, rel=0.005)


def test_scaling_gives_the_volume_asked_for_and_keeps_the_form(rng):
    shape = draw_shape(rng, volume_ml=30.0)
    grown = shape.scaled_to(60.0)
    assert shape.volume_ml == pytest.approx(30.0, rel=1e-12)
    assert grown.volume_ml == pytest.approx(60.0, rel=1e-12)
    np.testing.assert_allclose(grown.surface_mm(), shape.surface_mm() * 2 ** (1 / 3), rtol=1e-12)


def test_surface_lies_at_level_one_and_within_reach(rng):
    shape = draw_shape(rng, volume_ml=30.0)
    np.testing.assert_allclose(shape.level(shape.surface_mm()), 1, rtol=1e-12)
    assert np.linalg.norm(shape.surface_mm(), axis=-1).max() <= shape.reach_mm
    assert shape.level(np.zeros((1, 3))) == 0


def test_shape_that_could_turn_inside_out_is_refused():
    with pytest.raises(ValueError, match="sum to less than 1"):
        StarShape((1.0, 1.0, 1.0), (Lobe((1.0, 0.0, 0.0), 2, -1.0),))
