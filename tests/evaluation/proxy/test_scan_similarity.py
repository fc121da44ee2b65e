import numpy as np
import pytest
from skimage.metrics import normalized_mutual_information as of_skimage
from sklearn.metrics import mutual_info_score, normalized_mutual_info_score

from volest.evaluation.proxy.scan_similarity import (
    LEVELS,
    MEASURES,
    between_patients,
    cross_correlation,
    mutual_information,
    normalised_mutual_information,
)


@pytest.fixture
def rasters(rng):
    first = rng.random((6, 6, 6))
    return np.stack([first, 0.7 * first + 0.3 * rng.random((6, 6, 6)), rng.random((6, 6, 6)), 1 - first])


def levels(raster):
    return np.minimum((raster.ravel() * LEVELS).astype(int), LEVELS - 1)


def test_mutual_information_is_that_of_scikit_learn(rasters):
    known = [[mutual_info_score(levels(a), levels(b)) for b in rasters] for a in rasters]
    assert mutual_information(rasters) == pytest.approx(np.array(known), abs=1e-6)


def test_the_normalised_form_is_that_of_scikit_learn(rasters):
    known = [[normalized_mutual_info_score(levels(a), levels(b)) for b in rasters] for a in rasters]
    assert normalised_mutual_information(rasters) == pytest.approx(np.array(known), abs=1e-6)


def test_the_normalised_form_orders_as_that_of_scikit_image_does(rasters):
    a, b = levels(rasters[0]), levels(rasters[1])
    studholme = of_skimage(a, b, bins=LEVELS)  # (H(A) + H(B)) / H(A, B), from 1 to 2
    own = normalised_mutual_information(rasters)[0, 1]
    assert 1 / (1 - own / 2) == pytest.approx(studholme, abs=1e-6)


def test_a_negative_tells_all_of_its_original_and_correlates_with_minus_one(rasters):
    assert mutual_information(rasters)[0, 3] == pytest.approx(mutual_information(rasters)[0, 0], rel=0.01)
    assert cross_correlation(rasters)[0, 3] == pytest.approx(-1)


def test_cross_correlation_is_pearsons_and_forgets_gain_and_offset(rasters):
    assert cross_correlation(rasters) == pytest.approx(np.corrcoef(rasters.reshape(4, -1)))
    assert cross_correlation(0.5 * rasters + 0.2) == pytest.approx(cross_correlation(rasters))


@pytest.mark.parametrize("measure", MEASURES)
def test_a_noisy_copy_is_more_alike_than_another_scan(rasters, measure):
    alike = MEASURES[measure](rasters)
    assert alike[0, 0] > alike[0, 1] > alike[0, 2]
    assert alike == pytest.approx(alike.T)


@pytest.mark.parametrize("measure", MEASURES)
def test_a_scan_of_one_grey_tells_nothing(rasters, measure):
    rasters[2] = 0.5
    assert MEASURES[measure](rasters)[2] == pytest.approx(np.zeros(4))


def test_patients_are_as_alike_as_their_scans_on_average():
    similarity = np.array([[1.0, 0.4, 0.1], [0.4, 1.0, 0.3], [0.1, 0.3, 1.0]])
    assert between_patients(similarity, np.array([0, 0, 1]))[0, 1] == pytest.approx(0.2)
