"""Statistics on counts of patients against the same statistics on scans copied as often as they were drawn."""

from functools import partial

import numpy as np
import pingouin
import pytest
import scipy.stats
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st

from volest.evaluation import calibration, correlation, error_size, icc, metrics
from volest.evaluation.draws import Draws, drawn_patients, whole, without_one_patient
from volest.evaluation.sample import Sample


def lin(predicted, reference):
    """Lin 1989, equation 1: one less the mean squared difference over its value for independent pairs."""
    independent = np.square(predicted[:, None] - reference[None, :]).mean()
    return 1 - np.square(predicted - reference).mean() / independent


def line(predicted, reference):
    return scipy.stats.linregress(predicted, reference)


WITNESSES = {
    "mae": (error_size.mean_absolute_error, lambda p, r: sklearn.metrics.mean_absolute_error(r, p)),
    "rmse": (error_size.root_mean_square_error, lambda p, r: sklearn.metrics.root_mean_squared_error(r, p)),
    "mape": (
        error_size.mean_absolute_percentage_error,
        lambda p, r: 100 * sklearn.metrics.mean_absolute_percentage_error(r, p),
    ),
    "median ape": (error_size.median_absolute_percentage_error, lambda p, r: 100 * np.median(np.abs(p / r - 1))),
    "within 10%": (partial(error_size.share_within, 10), lambda p, r: 100 * np.mean(np.abs(p / r - 1) <= 0.1)),
    "bias": (error_size.mean_error, lambda p, r: np.mean(p - r)),
    "r2": (correlation.r2, lambda p, r: sklearn.metrics.r2_score(r, p)),
    "pearson": (correlation.pearson_r, lambda p, r: scipy.stats.pearsonr(p, r).statistic),
    "spearman": (correlation.spearman_rho, lambda p, r: scipy.stats.spearmanr(p, r).statistic),
    "ccc": (correlation.concordance, lin),
    "slope": (calibration.slope, lambda p, r: line(p, r).slope),
    "intercept": (calibration.intercept, lambda p, r: line(p, r).intercept),
    "spread": (calibration.spread_ratio, lambda p, r: np.std(p) / np.std(r)),
    "icc 1": (lambda d: icc.icc_1_1(icc.mean_squares_of_draws(d)), lambda p, r: by_rating(p, r).one_way.value),
    "icc 2": (lambda d: icc.icc_2_1(icc.mean_squares_of_draws(d)), lambda p, r: by_rating(p, r).agreement.value),
    "icc 3": (lambda d: icc.icc_3_1(icc.mean_squares_of_draws(d)), lambda p, r: by_rating(p, r).consistency.value),
}


def by_rating(predicted, reference):
    return icc.intraclass_correlations(np.column_stack([predicted, reference]))


def copied(sample, counts):
    times = counts[sample.patient_of_scan].astype(int)
    return np.repeat(sample.predicted_ml, times), np.repeat(sample.reference_ml, times)


@pytest.mark.parametrize("name", WITNESSES)
@pytest.mark.parametrize("data", ["study", "single_scans"])
def test_a_statistic_of_drawn_patients_is_that_of_their_copied_scans(name, data, request):
    sample = request.getfixturevalue(data)
    statistic, witness = WITNESSES[name]
    rng = np.random.default_rng(5)
    for draws in (whole(sample), drawn_patients(sample, 20, rng), without_one_patient(sample)):
        expected = [witness(*copied(sample, counts)) for counts in draws.counts]
        assert statistic(draws) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(0, 3)), min_size=2, max_size=7))
def test_ties_and_few_scans_are_ranked_as_scipy_ranks_them(rows):
    predicted, reference, counts = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    ids = tuple(str(n) for n in range(len(rows)))
    draws = Draws(Sample(ids, ids, predicted, reference), counts[None, :])
    if not counts.any():
        return
    copies = copied(draws.sample, counts)
    defined = all(np.ptp(side) > 0 for side in copies)
    expected = scipy.stats.spearmanr(*copies).statistic if defined else np.nan
    assert correlation.spearman_rho(draws) == pytest.approx([expected], abs=1e-12, nan_ok=True)
    assert error_size.median_absolute_percentage_error(draws)[0] == pytest.approx(
        100 * np.median(np.abs(copies[0] / copies[1] - 1))
    )


def test_figures_of_the_whole_study_are_those_of_the_training_curves(study):
    pairs = (study.predicted_ml, study.reference_ml)
    for statistic, plain in (
        (error_size.mean_absolute_error, metrics.mean_absolute_error),
        (error_size.root_mean_square_error, metrics.root_mean_square_error),
        (error_size.mean_absolute_percentage_error, metrics.mean_absolute_percentage_error),
        (correlation.r2, metrics.r2),
        (correlation.pearson_r, metrics.pearson_r),
    ):
        assert statistic(whole(study))[0] == pytest.approx(plain(*pairs))


def test_correlation_of_the_peak_flow_meters_is_the_published_one(peak_flow, sample_of):
    draws = whole(sample_of(peak_flow[:, 0], peak_flow[:, 2]))
    assert round(correlation.pearson_r(draws)[0], 2) == 0.94  # Bland & Altman 1986, page 307


def test_concordance_is_pearson_times_what_bias_takes_away(single_scans):
    predicted, reference = single_scans.predicted_ml, single_scans.reference_ml
    scale = np.std(predicted) / np.std(reference)
    shift = (predicted.mean() - reference.mean()) / np.sqrt(np.std(predicted) * np.std(reference))
    accuracy = 2 / (scale + 1 / scale + shift**2)  # Lin 1989, C_b
    expected = pingouin.corr(predicted, reference)["r"].iloc[0] * accuracy
    assert correlation.concordance(whole(single_scans))[0] == pytest.approx(expected)


@pytest.mark.parametrize("constant", [0.1, 30.0, 1e6 / 3])
def test_predictions_that_do_not_vary_leave_what_needs_variation_undefined(sample_of, constant):
    draws = whole(sample_of([constant] * 7, [10, 20, 30, 40, 50, 60, 70.5]))
    for statistic in (correlation.pearson_r, correlation.spearman_rho, calibration.slope):
        assert np.isnan(statistic(draws)).all()
    assert calibration.spread_ratio(draws)[0] == 0
    assert correlation.concordance(draws)[0] == 0


def test_references_that_do_not_vary_leave_r2_undefined(sample_of):
    draws = whole(sample_of([10, 20, 30], [0.1, 0.1, 0.1]))
    for statistic in (correlation.r2, correlation.pearson_r, calibration.spread_ratio):
        assert np.isnan(statistic(draws)).all()


def test_a_reference_of_zero_leaves_figures_in_per_cent_undefined(sample_of):
    draws = whole(sample_of([10, 20, 30], [9, 0, 31]))
    for statistic in (
        error_size.mean_absolute_percentage_error,
        error_size.median_absolute_percentage_error,
        partial(error_size.share_within, 10),
    ):
        assert np.isnan(statistic(draws)).all()


def test_an_error_of_exactly_ten_per_cent_is_within_ten_per_cent(sample_of):
    draws = whole(sample_of([11, 1.1, 0.11, 33], [10, 1, 0.1, 30]))
    assert error_size.share_within(10, draws)[0] == 100


def test_each_draw_holds_as_many_patients_as_the_study(study):
    draws = drawn_patients(study, 50, np.random.default_rng(0))
    assert (draws.counts.sum(axis=1) == study.n_patients).all()
    assert (without_one_patient(study).counts.sum(axis=1) == study.n_patients - 1).all()


def test_concordance_of_two_peak_flow_meters_is_what_other_programs_say(peak_flow, sample_of):
    """The first reading of each meter, the example of epiR::epi.ccc and DescTools::CCC in R.

    0.942742 is what the tests of linCCC, a toolbox for Matlab that was compared with DescTools, expect of it.
    """
    draws = whole(sample_of(peak_flow[:, 0], peak_flow[:, 2]))
    assert correlation.concordance(draws)[0] == pytest.approx(0.942742, abs=5e-7)
