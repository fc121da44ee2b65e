import numpy as np
import pytest

from volest.evaluation.baselines.header import Header
from volest.evaluation.metrics import mean_absolute_percentage_error


def test_a_volume_written_in_the_spacing_is_found(cohort):
    training, held_out = cohort[:48], cohort[48:]
    predicted_ml = Header().fit(training).predict(held_out)
    assert mean_absolute_percentage_error(predicted_ml, np.array([s.volume_ml for s in held_out])) < 3


def test_headers_that_do_not_vary_give_the_geometric_mean(scan):
    training = [scan(f"s{n}", f"p{n}", volume_ml) for n, volume_ml in enumerate([10, 20, 40, 80])]
    predicted_ml = Header().fit(training).predict([scan("x", "q", 1)])
    assert predicted_ml.tolist() == pytest.approx([np.exp(np.mean(np.log([10, 20, 40, 80])))])
