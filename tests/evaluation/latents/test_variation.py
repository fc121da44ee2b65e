import numpy as np
import pytest

from volest.evaluation.latents.variation import spread_between_patients


def everywhere(rasters):
    return np.ones(np.shape(rasters), dtype=bool)


def test_scans_of_the_same_patient_do_not_count():
    rasters = np.array([[0.0, 0.0], [5.0, 5.0], [1.0, 1.0]])
    spread = spread_between_patients(rasters, everywhere(rasters), ["a", "a", "b"])
    assert spread == pytest.approx([1.0, 4.0, (1.0 + 4.0) / 2])


def test_one_patient_has_no_others():
    assert spread_between_patients(np.ones((2, 3)), everywhere(np.ones((2, 3))), ["a", "a"]).tolist() == [0.0, 0.0]


def test_one_picture_for_all_has_no_spread_however_their_fans_differ(rng):
    rasters = np.stack([rng.normal(size=500)] * 3)
    fans = rng.random(rasters.shape) < 0.8
    assert spread_between_patients(rasters, fans, ["a", "b", "c"]) == pytest.approx([0, 0, 0], abs=1e-6)


def test_what_lies_outside_one_of_two_fans_does_not_count():
    rasters, fans = np.array([[1.0, 7.0], [3.0, 0.0]]), np.array([[True, True], [True, False]])
    assert spread_between_patients(rasters, fans, ["a", "b"]) == pytest.approx([2.0, 2.0])
