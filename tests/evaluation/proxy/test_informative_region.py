import numpy as np

from volest.evaluation.proxy.informative_region import informative_region


def thumbnails_of(volumes_ml, rng):
    """Grey noise; in one corner brightness follows the volume, in another it varies without it."""
    grey = 0.5 + 0.02 * rng.standard_normal((len(volumes_ml), 12, 12, 12))
    grey[:, 5:8, 2:5, 7:10] += 0.1 * np.log(volumes_ml)[:, None, None, None]
    grey[:, 0:3, 9:12, 0:3] += 0.1 * rng.standard_normal((len(volumes_ml), 1, 1, 1))
    return grey


def test_the_region_lies_where_grey_levels_follow_the_volume_and_not_where_they_merely_vary(rng):
    volumes_ml = rng.uniform(10, 80, 30)
    i, j, k = informative_region(thumbnails_of(volumes_ml, rng), volumes_ml, np.arange(30), edge=6)
    assert i.start <= 5 < 8 <= i.stop
    assert j.start <= 2 < 5 <= j.stop
    assert k.start <= 7 < 10 <= k.stop


def test_a_patient_counts_once_however_often_scanned(rng):
    volumes_ml = rng.uniform(10, 80, 30)
    thumbnails = thumbnails_of(volumes_ml, rng)
    again = np.r_[np.arange(30), np.zeros(50, int)]  # the first patient fifty times more
    once = informative_region(thumbnails, volumes_ml, np.arange(30), edge=6)
    assert informative_region(thumbnails[again], volumes_ml[again], again, edge=6) == once


def test_the_whole_raster_can_be_the_region(rng):
    volumes_ml = rng.uniform(10, 80, 8)
    assert informative_region(rng.random((8, 4, 4, 4)), volumes_ml, np.arange(8), edge=4) == (slice(0, 4),) * 3
