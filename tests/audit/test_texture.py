import numpy as np
import pytest
from scipy import ndimage

from volest.audit.texture import Texture, zoomed


@pytest.fixture
def thumbnail(rng):
    return rng.random((24, 24, 24)).astype(np.float32)


@pytest.mark.parametrize("zoom", [0.8, 1.0, 1.1, 1.25])
def test_zooming_axis_by_axis_is_one_trilinear_resampling_about_the_middle(thumbnail, zoom):
    centre = (np.array(thumbnail.shape) - 1) / 2
    once = ndimage.affine_transform(thumbnail, np.eye(3) / zoom, offset=centre - centre / zoom, order=1)
    np.testing.assert_allclose(zoomed(thumbnail, zoom), once, atol=1e-6)


def test_a_texture_agrees_with_itself_shifted_and_not_with_another(thumbnail, rng):
    texture = Texture.of(thumbnail)
    assert texture.correlation(texture) == pytest.approx(1, abs=1e-4)
    assert texture.correlation(Texture.of(np.roll(thumbnail, 2, axis=1))) > 0.8
    assert texture.correlation(Texture.of(rng.random((24, 24, 24)).astype(np.float32))) < 0.3
