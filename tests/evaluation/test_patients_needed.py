import numpy as np
import pytest

from volest.evaluation.patients_needed import SizedErrors, intervals_ml, outlook

SIZES = np.array([12.0, 24.0, 36.0, 48.0])
PATIENTS = 60


def errors(rng, floor, excess, exponent, sizes=SIZES, patients=PATIENTS, hard_sd=0.7, noise_sd=0.5):
    """Errors whose mean follows a power law; some patients are harder than others, at every size."""
    mean_ml = floor + excess * (sizes / sizes[-1]) ** -exponent
    hard = rng.lognormal(-(hard_sd**2) / 2, hard_sd, size=(patients, 1))
    each_ml = mean_ml * hard * rng.lognormal(-(noise_sd**2) / 2, noise_sd, size=(patients, len(sizes)))
    return SizedErrors(sizes, each_ml, np.ones_like(each_ml))


def test_a_steep_quiet_curve_is_extrapolated(rng):
    found = outlook(errors(rng, 2, 8, 1.0, noise_sd=0.05), 9.0, rng)
    truth = 48 * (7 / 8) ** -1 - 48
    assert found.more == pytest.approx(truth, abs=2)
    assert found.low <= truth <= found.high
    assert found.sentence.startswith(
        f"About {found.more} more training patients (95% interval {found.low} to {found.high}"
    )


@pytest.mark.parametrize("law", [(0, 10, 0.3), (4, 6, 0.5), (2, 8, 1.0)])
def test_the_interval_holds_the_truth_as_often_as_it_says(law):
    floor, excess, exponent = law
    target_ml = 0.9 * (floor + excess)
    truth = 48 * ((target_ml - floor) / excess) ** (-1 / exponent) - 48
    said, held = 0, 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        found = outlook(errors(rng, *law), target_ml, rng, n_draws=200)
        if found.more is not None:
            said += 1
            held += found.low - 0.5 <= truth and (found.high is None or truth <= found.high + 0.5)
    assert said > 30
    assert held / said > 0.9


def test_an_error_that_does_not_fall_says_nothing():
    refused = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        found = outlook(errors(rng, 10, 0, 1.0), 9.0, rng, n_draws=200)
        refused += found.more is None
    assert refused >= 37  # 5% of the time chance falls
    assert "have not been shown to help" in outlook(errors(rng, 10, 0, 1.0), 1.0, rng).sentence


def test_what_lies_beyond_the_floor_cannot_be_said(rng):
    found = outlook(errors(rng, 6, 4, 2.0, noise_sd=0.02), 5.0, rng)
    assert found.more is None
    assert "levels off at 6." in found.sentence


def test_what_lies_beyond_three_times_the_patients_cannot_be_said(rng):
    found = outlook(errors(rng, 0, 10, 0.3, noise_sd=0.02), 5.0, rng)
    assert found.more is None
    assert "beyond 3 times the patients there are" in found.sentence


def test_an_error_that_is_there_already_needs_nobody(rng):
    assert "is reached already" in outlook(errors(rng, 2, 8, 1.0), 40.0, rng).sentence


def test_two_sizes_are_no_curve(rng):
    found = outlook(errors(rng, 2, 8, 1.0, sizes=SIZES[:2]), 5.0, rng)
    assert found.more is None
    assert "2 numbers of training patients were tried, and a curve needs 3" in found.sentence


def test_four_held_out_patients_are_too_few(rng):
    assert "4 held-out patients are too few" in outlook(errors(rng, 2, 8, 1.0, patients=4), 5.0, rng).sentence


def test_without_a_floor_the_answer_is_called_the_best_that_can_happen(rng):
    found = outlook(errors(rng, 2, 8, 1.0, sizes=SIZES[1:], noise_sd=0.05), 9.0, rng)
    assert found.sentence.endswith("the best that can happen.")


def test_patients_with_more_scans_weigh_more():
    sums_ml, scans = np.array([[10.0, 8.0], [2.0, 2.0]]), np.array([[9.0, 9.0], [1.0, 1.0]])
    assert SizedErrors(SIZES[:2], sums_ml, scans).mae_ml.tolist() == pytest.approx([1.2, 1.0])


def test_the_interval_of_each_size_holds_its_mean(rng):
    sized = errors(rng, 2, 8, 1.0)
    for mae_ml, (low, high) in zip(sized.mae_ml, intervals_ml(sized.drawn(rng)), strict=True):
        assert low < mae_ml < high
