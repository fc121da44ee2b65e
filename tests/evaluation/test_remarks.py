import math

import numpy as np
import pytest

from volest.evaluation.remarks import remarks
from volest.evaluation.sample import judged_scans
from volest.records.predictions import Prediction


def remarks_on(predicted_ml, reference_ml, n_patients=30):
    pairs = enumerate(zip(predicted_ml, reference_ml, strict=True))
    rows = [Prediction(f"s{n}", f"p{n % n_patients}", 0, float(p), float(r)) for n, (p, r) in pairs]
    return remarks(rows, judged_scans(rows))


REFERENCE_ML = np.linspace(20, 60, 30)


def test_nothing_is_remarked_where_nothing_is_odd():
    assert remarks_on(REFERENCE_ML * 1.1, REFERENCE_ML) == ()


@pytest.mark.parametrize(("factor", "words"), [(1000, "predictions in mm3"), (0.001, "predictions in L")])
def test_a_factor_of_a_thousand_is_a_unit(factor, words):
    (sentence,) = remarks_on(REFERENCE_ML * factor * 1.2, REFERENCE_ML)
    assert words in sentence
    assert "must be in mL" in sentence


def test_a_factor_of_a_hundred_is_no_unit_of_ours():
    assert remarks_on(REFERENCE_ML * 100, REFERENCE_ML) == ()


def test_scans_left_out_are_counted_and_named():
    predicted_ml = np.where(np.arange(30) < 2, math.nan, REFERENCE_ML + 1)
    (sentence,) = remarks_on(predicted_ml, REFERENCE_ML)
    assert sentence.startswith("2 of 30 scans have no finite prediction and reference (first 's0')")


def test_a_reference_near_zero_warns_of_means_in_per_cent():
    (sentence,) = remarks_on(REFERENCE_ML, np.where(np.arange(30) == 3, 0.5, REFERENCE_ML))
    assert "1 scan has a reference below" in sentence
    assert "'s3'" in sentence
    assert "MAPE" in sentence


def test_a_reference_of_zero_says_that_per_cent_are_undefined():
    (sentence,) = remarks_on(REFERENCE_ML, np.where(np.arange(30) == 3, 0, REFERENCE_ML))
    assert "'s3' has a reference of 0 mL" in sentence


def test_one_prediction_for_all_is_said():
    (sentence,) = remarks_on(np.full(30, 31.5), REFERENCE_ML)
    assert sentence.startswith("Every scan is predicted as 31.5 mL")


@pytest.mark.parametrize(("n", "words"), [(1, "of one patient"), (3, "too few"), (7, "rough")])
def test_few_patients_are_said(n, words):
    (sentence,) = remarks_on(REFERENCE_ML + 1, REFERENCE_ML, n)
    assert words in sentence
