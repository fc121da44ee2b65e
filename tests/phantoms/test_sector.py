import numpy as np
import pytest

from volest.phantoms.sector import ScanLines, Sector

SECTOR = Sector(apex_mm=70.0, probe_radius_mm=25.0, depth_mm=90.0, lateral=0.75, elevation=0.7)


def test_samples_of_the_scan_lines_are_found_again_at_their_indices():
    lines = ScanLines(SECTOR, (7, 5, 6))
    indices = lines.indices(SECTOR.polar(lines.points_mm()))
    np.testing.assert_allclose(indices, np.moveaxis(np.indices((7, 5, 6)), 0, -1), atol=1e-4)


def test_beam_looks_posterior_from_an_anterior_probe():
    first, last = ScanLines(SECTOR, (3, 3, 3)).points_mm()[[0, -1], 1, 1]
    np.testing.assert_allclose(first, (0, 45, 0), atol=1e-5)
    np.testing.assert_allclose(last, (0, -45, 0), atol=1e-5)


@pytest.mark.parametrize(
    ("point_mm", "scanned"),
    [((0, 0, 0), True), ((0, 46, 0), False), ((0, -46, 0), False), ((40, 35, 0), False), ((0, 35, -40), False)],
)
def test_field_ends_at_the_probe_the_last_echo_and_both_edges(point_mm, scanned):
    assert SECTOR.contains(SECTOR.polar(np.array([point_mm], float))).tolist() == [scanned]
