import math

import numpy as np
import pytest

from volest.evaluation.repeatability import repeatability_coefficient


@pytest.mark.parametrize(("columns", "published"), [((0, 1), 21.6), ((2, 3), 28.2)])
def test_peak_flow_meters_have_the_published_repeatability(peak_flow, columns, published):
    """Bland & Altman 1986, Lancet i:307: SD of the differences of two readings about zero, then twice that."""
    twice = peak_flow[:, columns]
    figure = repeatability_coefficient(twice.ravel(), np.repeat(np.arange(17), 2))
    within = math.sqrt(np.square(np.diff(twice)).mean())
    assert round(within, 1) == published
    assert figure.value == pytest.approx(1.96 * within)


def test_within_subject_variance_is_the_published_one(cardiac_output):
    """Bland & Altman 1999, SMMR 8:135, section 5.2: 0.1072 for RV, 0.1379 for IC."""
    for values, published in ((cardiac_output.predicted_ml, 0.1072), (cardiac_output.reference_ml, 0.1379)):
        figure = repeatability_coefficient(values, cardiac_output.patient_of_scan)
        within = (figure.value / (1.96 * math.sqrt(2))) ** 2
        assert round(within, 4) == published


def test_the_interval_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    patients = np.repeat(np.arange(12), 3)
    truth = 1.96 * math.sqrt(2) * 2.0
    figures = [repeatability_coefficient(rng.normal(0, 2.0, 36), patients) for _ in range(500)]
    assert 0.92 < np.mean([figure.low <= truth <= figure.high for figure in figures]) < 0.98


def test_a_patients_own_bias_does_not_count():
    patients = np.repeat(np.arange(3), 2)
    values = np.array([1.0, 2.0, 5.0, 4.0, 9.0, 9.5])
    shifted = values + np.array([0, 100, -7])[patients]
    assert repeatability_coefficient(values, patients) == repeatability_coefficient(shifted, patients)


def test_one_scan_each_has_none():
    assert repeatability_coefficient(np.arange(4.0), np.arange(4)).value is None
    assert repeatability_coefficient(np.array([]), np.array([], dtype=int)).value is None
