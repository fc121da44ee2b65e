import numpy as np
import pytest
from scipy import ndimage

from volest.audit.quality import measure_quality
from volest.images.image import Image


@pytest.fixture
def image(rng):
    """Half of the raster filled with noise about grey level 100, the rest background."""

    def make(blur=0.0, gain=1.0):
        voxels = np.zeros((32, 32, 32), np.float32)
        voxels[:16] = gain * ndimage.gaussian_filter(rng.uniform(1, 200, size=(16, 32, 32)), blur, mode="wrap")
        return measure_quality("a", Image(voxels, np.eye(4)))

    return make


def test_noise_shares_nothing_with_its_neighbour_and_what_is_blurred_does(image):
    assert image().graininess == pytest.approx(1, abs=0.05)
    # neighbours share exp(-1 / (4 * 1.5^2)) of a field blurred by 1.5
    assert image(blur=1.5).graininess == pytest.approx(1 - np.exp(-1 / 9), abs=0.02)


def test_the_background_counts_for_nothing_and_neither_does_the_gain(image):
    plain, louder = image(), image(gain=3.0)
    assert plain.brightness == pytest.approx(0.5, abs=0.02)
    assert plain.contrast == pytest.approx(1 / np.sqrt(12), abs=0.02)
    assert louder.brightness == pytest.approx(plain.brightness, abs=0.01)


def test_a_constant_raster_has_no_quality():
    quality = measure_quality("a", Image(np.full((8, 8, 8), 7, np.uint8), np.eye(4)))
    assert (quality.brightness, quality.contrast, quality.graininess) == (0, 0, 0)
