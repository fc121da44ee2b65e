import numpy as np

from volest.augmentation.translation import Translation
from volest.config import augmentation as config


def test_shifts_are_a_fraction_of_each_axis(rng):
    translation = Translation(config.Translation(fraction=0.1))
    shape = (20, 40, 80)
    shifts = np.abs([translation.sample(rng, shape).voxels for _ in range(300)])
    assert (shifts.max(axis=0) <= [2, 4, 8]).all()
    assert (shifts.max(axis=0) > [1.8, 3.6, 7.2]).all()
