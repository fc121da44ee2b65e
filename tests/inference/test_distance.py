import numpy as np
import pytest

from volest.inference.distance import TraitDistance


def test_scans_like_those_of_the_training_lie_about_one_away(rng):
    mixing = rng.normal(size=(20, 20))
    distance = TraitDistance("stage 1", rng.normal(size=(4000, 20)) @ mixing)
    assert np.mean([distance(row) for row in rng.normal(size=(100, 20)) @ mixing]) == pytest.approx(1, abs=0.1)


def test_a_broken_correlation_is_seen_though_each_number_is_usual(rng):
    one = rng.normal(size=300)
    distance = TraitDistance("stage 1", np.stack([one, one + 0.1 * rng.normal(size=300)], axis=1))
    assert distance(np.array([1.5, -1.5])) > 5 * distance(np.array([1.5, 1.5]))


def test_more_numbers_than_scans_are_no_obstacle(rng):
    distance = TraitDistance("stage 1", rng.normal(size=(12, 128)))
    assert distance(rng.normal(size=128) + 5) > 3 * distance(rng.normal(size=128))


@pytest.mark.parametrize("name", ["size", "grey levels", "sharpness", "layout", "stage 1"])
def test_numbers_that_never_vary_tell_a_far_scan_and_make_nothing_infinitely_far(name):
    distance = TraitDistance(name, np.tile([1.0, 2.0], (10, 1)))
    assert distance(np.array([1.0, 2.0])) == 1  # as far as any training scan
    assert 3 < distance(np.array([2.0, 2.0])) < np.inf


SPACINGS_MM, FOV_ML = np.array([1.5, 1.5, 1.5]), 440.0


def size(factor):
    return np.log([*(SPACINGS_MM * factor), FOV_ML * factor**3])


@pytest.mark.parametrize("jitter", [0.0, 1e-4, 1e-3])
def test_one_geometry_for_all_makes_a_per_cent_no_reason_and_a_quarter_one(rng, jitter):
    distance = TraitDistance("size", np.stack([size(1 + jitter * rng.normal()) for _ in range(30)]))
    assert distance(size(1.01)) < 1.1
    assert distance(size(1.25)) > 3
    assert distance(size(4)) > 10


def test_the_order_of_the_training_scans_changes_nothing(rng):
    rows, scan = rng.normal(size=(30, 6)), rng.normal(size=6)
    assert TraitDistance("layout", rows[::-1])(scan) == pytest.approx(TraitDistance("layout", rows)(scan))
