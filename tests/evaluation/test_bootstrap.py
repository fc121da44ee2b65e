import time
from functools import partial

import numpy as np
import pytest
import scipy.stats

from volest.evaluation import correlation, error_size
from volest.evaluation.bootstrap import Bootstrap
from volest.evaluation.summary import summarise


@pytest.mark.parametrize(
    ("statistic", "witness"),
    [
        (error_size.mean_absolute_error, lambda p, r, axis: np.abs(p - r).mean(axis=axis)),
        (error_size.root_mean_square_error, lambda p, r, axis: np.sqrt(np.square(p - r).mean(axis=axis))),
    ],
)
def test_with_one_scan_a_patient_the_interval_is_that_of_scipy(single_scans, statistic, witness):
    figure = Bootstrap(single_scans, np.random.default_rng(0), n_draws=20_000).figure(statistic)
    theirs = scipy.stats.bootstrap(
        (single_scans.predicted_ml, single_scans.reference_ml),
        witness,
        paired=True,
        n_resamples=20_000,
        method="BCa",
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert (figure.low, figure.high) == pytest.approx((theirs.low, theirs.high), rel=0.01)


def test_with_several_scans_a_patient_it_is_that_of_scipy_over_patients(study):
    """scipy draws patients' (sum of errors, number of scans) and takes the ratio of the means."""
    sums = np.bincount(study.patient_of_scan, weights=np.abs(study.error_ml))
    scans = np.bincount(study.patient_of_scan).astype(float)
    theirs = scipy.stats.bootstrap(
        (sums, scans),
        lambda s, n, axis: s.mean(axis=axis) / n.mean(axis=axis),
        paired=True,
        n_resamples=20_000,
        method="BCa",
        rng=np.random.default_rng(1),
    ).confidence_interval
    figure = Bootstrap(study, np.random.default_rng(0), n_draws=20_000).figure(error_size.mean_absolute_error)
    assert (figure.low, figure.high) == pytest.approx((theirs.low, theirs.high), rel=0.01)


def test_scans_copied_within_their_patients_add_no_certainty(single_scans):
    tripled = single_scans.of(np.repeat(np.arange(80), 3))
    once, thrice = (
        Bootstrap(sample, np.random.default_rng(0)).figure(error_size.mean_absolute_error)
        for sample in (single_scans, tripled)
    )
    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high))


def test_the_interval_holds_the_truth_about_as_often_as_it_says(sample_of):
    rng = np.random.default_rng(0)
    patients = np.repeat(np.arange(40), np.resize([1, 4, 2], 40))
    held = 0
    for _ in range(200):
        error = rng.normal(1, 4, 40)[patients] + rng.normal(0, 2, len(patients))
        figure = Bootstrap(sample_of(100 + error, np.full(len(error), 100), patients), rng, 500).figure(
            error_size.mean_error
        )
        held += figure.low <= 1 <= figure.high
    assert 0.89 < held / 200 < 0.99


def test_the_same_seed_gives_the_same_interval(study):
    one, other = (Bootstrap(study, np.random.default_rng(3)).figure(correlation.spearman_rho) for _ in range(2))
    assert one == other


def test_all_scans_within_the_limit_leave_doubt_that_few_patients_cannot_remove(sample_of):
    sample = sample_of(np.arange(10, 20) * 1.01, np.arange(10, 20))
    figure = Bootstrap(sample, np.random.default_rng(0)).share(partial(error_size.share_within, 10))
    exact = scipy.stats.binomtest(10, 10).proportion_ci(method="exact")
    assert (figure.low, figure.value, figure.high) == pytest.approx((100 * exact.low, 100, 100))


def test_no_scan_within_the_limit_is_the_same_seen_from_below(sample_of):
    sample = sample_of(np.arange(10, 20) * 2, np.arange(10, 20))
    figure = Bootstrap(sample, np.random.default_rng(0)).share(partial(error_size.share_within, 10))
    exact = scipy.stats.binomtest(0, 10).proportion_ci(method="exact")
    assert (figure.low, figure.value, figure.high) == pytest.approx((0, 0, 100 * exact.high))


@pytest.mark.parametrize("n_patients", [1, 2, 4])
def test_too_few_patients_have_a_value_and_no_interval(sample_of, n_patients):
    sample = sample_of(np.arange(8) + 11, np.arange(8) + 10, np.arange(8) % n_patients)
    figure = Bootstrap(sample, np.random.default_rng(0)).figure(error_size.mean_absolute_error)
    assert (figure.value, figure.low, figure.high) == (1, None, None)


def test_no_scan_has_neither(sample_of):
    figure = Bootstrap(sample_of([], []), np.random.default_rng(0)).figure(error_size.mean_absolute_error)
    assert figure.value is None


def test_a_statistic_that_many_draws_leave_undefined_has_no_interval(sample_of):
    """References vary in one patient alone: a third of the draws miss it."""
    sample = sample_of([1, 2, 3, 4, 5, 6], [7, 7, 7, 7, 7, 8])
    figure = Bootstrap(sample, np.random.default_rng(0)).figure(correlation.pearson_r)
    assert figure.value is not None
    assert figure.low is None


def test_four_hundred_scans_are_summarised_within_half_a_second(sample_of):
    rng = np.random.default_rng(0)
    reference_ml = rng.uniform(20, 200, 400)
    sample = sample_of(reference_ml * rng.lognormal(0, 0.1, 400), reference_ml, np.arange(400) % 50)
    times = []
    for _ in range(3):
        start = time.process_time()
        summarise(Bootstrap(sample, np.random.default_rng(0), n_draws=2000))
        times.append(time.process_time() - start)
    assert min(times) < 0.5
