import numpy as np
import pytest

from volest.phantoms.sector import ScanLines, Sector
from volest.phantoms.speckle import Beam, scatter

LINES = ScanLines(Sector(70.0, 25.0, 90.0, 0.75, 0.7), (96, 64, 64))
BEAM = Beam(axial_sd_mm=1.0, lateral_sd_mm=1.3, elevation_sd_mm=1.6, focus_mm=45.0, focal_zone_mm=25.0)


@pytest.fixture(scope="module")
def echoes():
    return scatter(np.ones(LINES.samples, np.float32), LINES, BEAM, np.random.default_rng(0))


def test_envelope_of_uniform_tissue_is_rayleigh(echoes):
    envelope = np.abs(echoes)
    assert envelope.mean() / envelope.std() == pytest.approx(1.913, rel=0.02)  # sqrt(pi / (4 - pi)), Wagner 1983


def test_power_is_that_of_the_tissue_at_every_depth(echoes):
    power = np.mean(np.abs(echoes) ** 2, axis=(1, 2))
    np.testing.assert_allclose(np.convolve(power, np.ones(24) / 24, "valid"), 1, atol=0.1)


def test_speckle_is_widest_away_from_the_focus(echoes):
    ranges_mm, _, _ = LINES.axes

    def width_mm(depth_mm):
        rows = np.abs(ranges_mm - 25.0 - depth_mm) < 6
        neighbours = np.vdot(echoes[rows][:, 1:], echoes[rows][:, :-1]) / np.vdot(echoes[rows], echoes[rows])
        # A Gaussian beam of SD s gives echoes a correlation exp(-x^2 / 4 s^2) at distance x.
        return (25.0 + depth_mm) * LINES.steps[1] / np.sqrt(-4 * np.log(abs(neighbours)))

    assert width_mm(85.0) > 1.5 * width_mm(45.0)
    assert width_mm(45.0) == pytest.approx(BEAM.lateral_sd_mm, rel=0.15)


def test_brighter_tissue_scatters_in_proportion():
    amplitude = np.ones(LINES.samples, np.float32)
    double = scatter(2 * amplitude, LINES, BEAM, np.random.default_rng(1))
    np.testing.assert_allclose(double, 2 * scatter(amplitude, LINES, BEAM, np.random.default_rng(1)), atol=1e-5)
