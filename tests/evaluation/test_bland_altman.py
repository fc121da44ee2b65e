import math

import numpy as np
import pytest
import scipy.stats
import statsmodels.formula.api
from pandas import DataFrame

from volest.evaluation.bland_altman import limits_of_agreement


def simulated(rng, patients, bias=2.0, between=5.0, within=3.0):
    return bias + rng.normal(0, between, patients.max() + 1)[patients] + rng.normal(0, within, len(patients))


def test_cardiac_output_has_the_published_limits(cardiac_output):
    """Bland & Altman 2007, J Biopharm Stat 17:571, section 3, on the data of their table 1."""
    limits = limits_of_agreement(cardiac_output.error_ml, cardiac_output.patient_of_scan)
    assert limits.bias.value == pytest.approx(0.6021667, abs=5e-8)
    assert limits.sd == pytest.approx(0.99062408, abs=5e-8)
    assert limits.lower.value == pytest.approx(-1.3394565, abs=1e-7)
    assert limits.upper.value == pytest.approx(2.5437899, abs=1e-7)


def test_pooled_standard_deviation_would_be_too_small(cardiac_output):
    limits = limits_of_agreement(cardiac_output.error_ml, cardiac_output.patient_of_scan)
    assert limits.sd > np.std(cardiac_output.error_ml, ddof=1)


def test_peak_flow_has_the_published_bias_and_standard_deviation(peak_flow):
    """Bland & Altman 1986, Lancet i:307: first readings, Wright less mini Wright."""
    limits = limits_of_agreement(peak_flow[:, 0] - peak_flow[:, 2], np.arange(17))
    assert round(limits.bias.value, 1) == -2.1
    assert round(limits.sd, 1) == 38.8
    assert (round(limits.bias.low, 1), round(limits.bias.high, 1)) == (-22.0, 17.8)
    # The paper takes two standard deviations: -79.7 and 75.5 from rounded figures.
    assert limits.bias.value - 2 * limits.sd == pytest.approx(-79.7, abs=0.1)
    assert limits.bias.value + 2 * limits.sd == pytest.approx(75.5, abs=0.1)
    assert limits.sd_within is None


def test_components_of_balanced_data_are_those_of_a_mixed_model():
    rng = np.random.default_rng(4)
    patients = np.repeat(np.arange(40), 4)
    values = simulated(rng, patients)
    limits = limits_of_agreement(values, patients)
    table = DataFrame({"value": values, "patient": patients})
    fit = statsmodels.formula.api.mixedlm("value ~ 1", table, groups="patient").fit(reml=True)
    assert limits.bias.value == pytest.approx(fit.params["Intercept"])
    assert limits.sd_within**2 == pytest.approx(fit.scale, rel=1e-3)
    assert limits.sd_between**2 == pytest.approx(float(fit.cov_re.iloc[0, 0]), rel=1e-3)


def test_intervals_of_single_scans_are_close_to_the_exact_ones(peak_flow):
    """Exact for normal differences: the quantile's interval from the noncentral t distribution."""
    differences = peak_flow[:, 0] - peak_flow[:, 2]
    n, mean, sd = len(differences), differences.mean(), differences.std(ddof=1)
    limits = limits_of_agreement(differences, np.arange(n))
    for bound, tail in ((limits.upper.low, 0.025), (limits.upper.high, 0.975)):
        exact = mean + sd * scipy.stats.nct.ppf(tail, n - 1, 1.96 * math.sqrt(n)) / math.sqrt(n)
        assert bound == pytest.approx(exact, abs=0.1 * sd)


@pytest.mark.parametrize("between", [0.5, 5.0])
def test_intervals_hold_the_truth_as_often_as_they_say(between):
    rng = np.random.default_rng(7)
    patients = np.repeat(np.arange(25), np.resize([1, 2, 6, 3], 25))
    truth = math.hypot(between, 3.0) * 1.96
    held = np.zeros(3)
    for _ in range(600):
        limits = limits_of_agreement(simulated(rng, patients, between=between), patients)
        for place, (figure, true) in enumerate(
            ((limits.bias, 2.0), (limits.lower, 2.0 - truth), (limits.upper, 2.0 + truth))
        ):
            held[place] += figure.low <= true <= figure.high
    assert (held / 600 > 0.92).all(), held / 600
    assert (held / 600 < 0.99).all(), held / 600


def test_bias_is_the_offset_we_injected(study):
    limits = limits_of_agreement(study.error_ml - study.error_ml.mean() + 2.5, study.patient_of_scan)
    assert limits.bias.value == pytest.approx(2.5)


def test_units_only_scale_the_limits(cardiac_output):
    values, patients = cardiac_output.error_ml, cardiac_output.patient_of_scan
    assert limits_of_agreement(values * 10, patients).upper.high == pytest.approx(
        10 * limits_of_agreement(values, patients).upper.high
    )


def test_one_patient_has_a_bias_and_no_limits():
    limits = limits_of_agreement(np.array([1.0, 3.0]), np.array([0, 0]))
    assert limits.bias.value == 2
    assert (limits.bias.low, limits.lower.value, limits.sd) == (None, None, None)
    assert limits.sd_within == pytest.approx(math.sqrt(2))


@pytest.mark.parametrize("values", [[], [1.0, math.nan], [math.inf, 1.0]])
def test_values_that_are_not_finite_leave_all_empty(values):
    limits = limits_of_agreement(np.array(values, dtype=float), np.arange(len(values)))
    assert limits.bias.value is None
    assert limits.sd is None


def test_equal_differences_have_limits_at_the_bias():
    limits = limits_of_agreement(np.full(6, 1.5), np.array([0, 0, 1, 1, 2, 2]))
    assert (limits.lower.low, limits.upper.high, limits.sd) == (1.5, 1.5, 0)
