from dataclasses import replace

import numpy as np
import pytest

from volest.evaluation.conformal.scale import scale_of, scaled_deviations
from volest.records.intervals import Calibration

PLAIN = Calibration(0.9, "pooled", "relative", (0, 1, 2), (0, 0, 1), (0.1, 0.2, np.inf))
SCALED = replace(PLAIN, scaled_by="head", doubts=(0.05, 0.1, 0.3))


def test_a_scan_is_allowed_its_own_doubt_and_the_usual_one():
    assert scale_of(SCALED, 0.25) == pytest.approx(0.35)
    assert scaled_deviations(SCALED) == pytest.approx([0.1 / 0.15, 0.2 / 0.2, np.inf])


def test_without_scaling_errors_are_as_they_are():
    assert scale_of(PLAIN, 0.25) == scale_of(PLAIN, None) == 1
    assert scaled_deviations(PLAIN) == pytest.approx(PLAIN.deviations)


def test_a_scan_about_which_no_network_was_asked_has_no_scale():
    assert np.isnan(scale_of(SCALED, None))
