import numpy as np
import pytest

from volest.evaluation.latents.variation import spread_between_patients


def test_scans_of_the_same_patient_do_not_count():
    rasters = np.array([[0.0, 0.0], [5.0, 5.0], [1.0, 1.0]])
    assert spread_between_patients(rasters, ["a", "a", "b"]) == pytest.approx([1.0, 4.0, (1.0 + 4.0) / 2])


def test_one_patient_has_no_others():
    assert spread_between_patients(np.ones((2, 3)), ["a", "a"]).tolist() == [0.0, 0.0]


def test_one_picture_for_all_has_no_spread(rng):
    raster = rng.normal(size=50)
    assert spread_between_patients(np.stack([raster] * 3), ["a", "b", "c"]) == pytest.approx([0, 0, 0], abs=1e-6)
