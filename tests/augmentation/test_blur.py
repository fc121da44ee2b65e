import numpy as np
import pytest
from scipy import ndimage

from volest.augmentation.blur import Blur, BlurParameters
from volest.config import augmentation as config


@pytest.fixture
def blurred(tensor):
    return lambda sd: Blur(config.Blur()).apply(tensor, BlurParameters(sd)).numpy()


def test_a_wider_blur_is_smoother(blurred):
    roughness = [np.abs(np.diff(blurred(sd), axis=2)).mean() for sd in (0.3, 0.6, 1.0)]
    assert roughness == sorted(roughness, reverse=True)


@pytest.mark.parametrize("sd", [0.3, 1.0])
def test_the_blur_is_that_of_scipy(sd, blurred, scan):
    assert blurred(sd) == pytest.approx(ndimage.gaussian_filter(scan, sd), abs=1e-6)
