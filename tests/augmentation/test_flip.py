import pytest

from volest.augmentation.flip import Flip
from volest.config import augmentation as config


def test_only_configured_axes_are_flipped_each_half_the_time(rng):
    flip = Flip(config.Flip(axes=("i", "k")))
    draws = [flip.sample(rng, (8, 8, 8)) for _ in range(400)]
    axes = [axis for draw in draws if draw for axis in draw.axes]
    assert set(axes) == {0, 2}
    assert axes.count(0) == pytest.approx(200, abs=40)
    assert sum(draw is None for draw in draws) == pytest.approx(100, abs=35)
