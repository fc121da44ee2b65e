import numpy as np
import pytest

from volest.augmentation.flip import Flip, FlipParameters
from volest.config import augmentation as config


@pytest.mark.parametrize("axes", [(0,), (1,), (2,), (0, 2), (0, 1, 2)])
def test_a_flip_twice_is_the_identity(axes, scan):
    flip, parameters = Flip(config.Flip()), FlipParameters(axes)
    assert not np.array_equal(flip.apply(scan, parameters), scan)
    assert np.array_equal(flip.apply(flip.apply(scan, parameters), parameters), scan)


def test_only_configured_axes_are_flipped_each_half_the_time(rng):
    flip = Flip(config.Flip(axes=("i", "k")))
    draws = [flip.sample(rng, (8, 8, 8)) for _ in range(400)]
    axes = [axis for draw in draws if draw for axis in draw.axes]
    assert set(axes) == {0, 2}
    assert axes.count(0) == pytest.approx(200, abs=40)
    assert sum(draw is None for draw in draws) == pytest.approx(100, abs=35)
