import numpy as np
import pytest

from volest.phantoms.sector import ScanLines, Sector
from volest.phantoms.tissue import Body, Shadow, Surroundings

LINES = ScanLines(Sector(70.0, 25.0, 90.0, 0.75, 0.7), (46, 41, 41))


def test_shadow_begins_at_its_obstacle_and_is_darkest_in_its_middle():
    loss_db = Shadow(depth_mm=30.0, lateral=0.0, elevation=0.0, half_width=0.1, loss_db=12.0).loss(LINES)
    depth_mm = LINES.axes[0] - 25.0
    assert not loss_db[depth_mm <= 30].any()
    np.testing.assert_allclose(loss_db[depth_mm > 30.5, 20, 20], 12.0, rtol=1e-5)
    assert loss_db[-1, 0, 20] < 0.01


def test_bodies_add_their_echo_to_the_tissue(rng):
    points = LINES.points_mm()
    bodies = (Body((0.0, 0.0, 0.0), (10.0, 8.0, 6.0), echo_db=-7.0),)
    echo_db = Surroundings(bodies, (), unevenness_db=0.0).echogenicity_db(LINES, points, rng)
    assert set(np.unique(echo_db)) == {-7.0, 0.0}
    assert np.abs(points[echo_db < 0]).max(axis=0) == pytest.approx((10, 8, 6), abs=2.5)


def test_tissue_is_uneven_by_as_much_as_asked(rng):
    tissue = Surroundings((), (), unevenness_db=2.5)
    fields = [tissue.echogenicity_db(LINES, LINES.points_mm(), rng) for _ in range(12)]
    assert np.std(fields) == pytest.approx(2.5, rel=0.1)
    assert abs(np.diff(fields[0], axis=0)).max() < 1.5
