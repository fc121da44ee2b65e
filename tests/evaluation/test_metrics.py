import dataclasses
import math

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics

from volest.errors import VolestError
from volest.evaluation import metrics
from volest.evaluation.metrics import agreement
from volest.records.predictions import Prediction


def predictions_of(predicted_ml, reference_ml, scans_per_patient=2):
    return [
        Prediction(f"s{n}", f"p{n // scans_per_patient}", 0, float(predicted), float(reference))
        for n, (predicted, reference) in enumerate(zip(predicted_ml, reference_ml, strict=True))
    ]


@pytest.fixture
def pairs():
    rng = np.random.default_rng(0)
    reference_ml = rng.uniform(5, 150, size=60)
    return reference_ml * rng.lognormal(0, 0.2, size=60), reference_ml


def test_figures_agree_with_scikit_learn_and_scipy(pairs):
    predicted_ml, reference_ml = pairs
    figures = agreement(predictions_of(*pairs))
    witness = {
        "mae_ml": sklearn.metrics.mean_absolute_error(reference_ml, predicted_ml),
        "rmse_ml": sklearn.metrics.root_mean_squared_error(reference_ml, predicted_ml),
        "mape_percent": 100 * sklearn.metrics.mean_absolute_percentage_error(reference_ml, predicted_ml),
        "r2": sklearn.metrics.r2_score(reference_ml, predicted_ml),
        "pearson_r": scipy.stats.pearsonr(reference_ml, predicted_ml).statistic,
        "n_scans": 60,
        "n_patients": 30,
    }
    assert dataclasses.asdict(figures) == pytest.approx(witness)


def test_three_scans_counted_by_hand():
    figures = agreement(predictions_of([12, 18, 40], [10, 20, 50]))
    assert figures.mae_ml == pytest.approx((2 + 2 + 10) / 3)
    assert figures.rmse_ml == pytest.approx(math.sqrt((4 + 4 + 100) / 3))
    assert figures.mape_percent == pytest.approx((20 + 10 + 20) / 3)
    assert (figures.n_scans, figures.n_patients) == (3, 2)


def test_shuffling_rows_changes_nothing(pairs):
    rows = predictions_of(*pairs)
    shuffled = [rows[n] for n in np.random.default_rng(1).permutation(len(rows))]
    assert dataclasses.asdict(agreement(shuffled)) == pytest.approx(dataclasses.asdict(agreement(rows)))


def test_perfect_predictions_have_no_error(pairs):
    _, reference_ml = pairs
    figures = agreement(predictions_of(reference_ml, reference_ml))
    assert (figures.mae_ml, figures.rmse_ml, figures.mape_percent, figures.r2) == (0, 0, 0, 1)


def test_predicting_the_mean_of_the_references_explains_nothing(pairs):
    _, reference_ml = pairs
    figures = agreement(predictions_of(np.full(60, reference_ml.mean()), reference_ml))
    assert figures.r2 == pytest.approx(0)
    assert math.isnan(figures.pearson_r)


def test_relative_error_does_not_depend_on_the_unit(pairs):
    predicted_ml, reference_ml = pairs
    litres = metrics.mean_absolute_percentage_error(predicted_ml / 1000, reference_ml / 1000)
    assert metrics.mean_absolute_percentage_error(predicted_ml, reference_ml) == pytest.approx(litres)


@pytest.mark.parametrize("reference_ml", [[30.0], [30.0, 30.0, 30.0], [0.1, 0.1, 0.1]])
def test_references_that_do_not_vary_leave_r2_and_correlation_undefined(reference_ml):
    figures = agreement(predictions_of(np.arange(len(reference_ml)) + 28.0, reference_ml))
    assert math.isnan(figures.r2)
    assert math.isnan(figures.pearson_r)
    assert math.isfinite(figures.mae_ml)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_prediction_that_is_not_finite_names_the_scan(bad):
    with pytest.raises(VolestError, match=r"scan 's1' of fold 0: predicted (nan|inf) mL"):
        agreement(predictions_of([20, bad], [20, 30]))


def test_no_predictions_are_an_error_in_words():
    with pytest.raises(VolestError, match=r"no predictions to judge"):
        agreement([])
