import math

import numpy as np
import pytest

from volest.evaluation.sample import judged_scans
from volest.records.predictions import Prediction


def test_a_scan_without_two_finite_numbers_is_left_out():
    rows = [
        Prediction("a", "p", 0, 10.0, 11.0),
        Prediction("b", "p", 0, math.nan, 11.0),
        Prediction("d", "q", 0, 10.0, math.inf),
        Prediction("f", "r", 0, 10.0, 12.0),
    ]
    sample = judged_scans(rows)
    assert sample.scan_ids == ("a", "f")
    assert sample.n_patients == 2


def test_error_in_per_cent_is_of_the_reference_and_undefined_at_zero(sample_of):
    sample = sample_of([11, 5], [10, 0])
    assert sample.error_percent[0] == pytest.approx(10)
    assert np.isnan(sample.error_percent[1])


def test_a_part_keeps_each_scan_with_its_patient(study):
    part = study.of([3, 1])
    assert part.scan_ids == (study.scan_ids[3], study.scan_ids[1])
    assert part.patient_ids == (study.patient_ids[3], study.patient_ids[1])
    assert part.predicted_ml.tolist() == [study.predicted_ml[3], study.predicted_ml[1]]
