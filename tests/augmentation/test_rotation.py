import numpy as np

from volest.augmentation.rotation import Rotation
from volest.config import augmentation as config


def test_angles_fill_the_configured_range(rng):
    rotation = Rotation(config.Rotation(degrees=10))
    degrees = np.array([rotation.sample(rng, (8, 8, 8)).degrees for _ in range(300)])
    assert np.abs(degrees).max() <= 10
    assert (degrees.min(axis=0) < -9).all()
    assert (degrees.max(axis=0) > 9).all()
