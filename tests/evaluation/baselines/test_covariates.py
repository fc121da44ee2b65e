import dataclasses

import numpy as np

from volest.evaluation.baselines.covariates import Covariates, covariate_names
from volest.evaluation.metrics import mean_absolute_percentage_error


def test_an_age_that_tells_the_volume_is_used(cohort):
    training, held_out = cohort[:48], cohort[48:]
    predicted_ml = Covariates(("age", "noise")).fit(training).predict(held_out)
    assert mean_absolute_percentage_error(predicted_ml, np.array([s.volume_ml for s in held_out])) < 25


def test_names_are_gathered_over_all_scans(cohort, scan):
    assert covariate_names([*cohort, scan("x", "y", 1, weight=3.0)]) == ("age", "noise", "weight")
    assert covariate_names([scan("x", "y", 1)]) == ()


def test_a_missing_value_counts_as_the_training_mean(cohort):
    training, one = cohort[:48], cohort[50]
    fitted = Covariates(("age", "noise")).fit(training)
    mean_age = float(np.mean([s.covariates["age"] for s in training]))
    without = dataclasses.replace(one, covariates={"noise": 0.0})
    average = dataclasses.replace(one, covariates={"age": mean_age, "noise": 0.0})
    np.testing.assert_allclose(fitted.predict([without]), fitted.predict([average]))


def test_a_column_that_no_training_scan_has_is_borne(cohort):
    fitted = Covariates(("age", "weight")).fit(cohort[:48])
    with_weight = dataclasses.replace(cohort[50], covariates={"age": 30.0, "weight": 2.0})
    assert np.isfinite(fitted.predict([with_weight])).all()
