import numpy as np
import pytest
from scipy import stats

from volest.evaluation.coverage import expected_percent, interval_figures
from volest.records.judged import Judged
from volest.records.predictions import Prediction


def scan(n, patient, reference_ml, low_ml, high_ml):
    return Prediction(f"s{n}", patient, 0, 50.0, reference_ml, low_ml, high_ml)


@pytest.fixture
def judged():
    """Of 20 patients with two scans each, four are missed in both; the last scan has no interval."""
    scans = [scan(n, f"p{n // 2}", 40.0 + n if n // 2 >= 4 else 200.0 + n, 30.0, 90.0) for n in range(40)]
    devices = {p.scan_id: "A" if n < 8 else "B" for n, p in enumerate(scans)}
    return Judged("run", (*scans, Prediction("s40", "p20", 0, 50.0, 50.0)), columns={"device": devices}, level=0.8)


def figures(judged):
    return interval_figures(judged, np.random.default_rng(0), n_draws=100)


def test_the_share_held_and_the_mean_width_are_counted(judged):
    found = figures(judged)
    assert (found.level, found.overall.n_scans, found.overall.n_patients) == (0.8, 40, 20)
    assert found.overall.held_percent.value == pytest.approx(80)
    assert found.overall.width_ml.value == pytest.approx(60)


def test_patients_who_were_missed_in_every_scan_are_named(judged):
    assert figures(judged).missed == ("p0", "p1", "p2", "p3")


def test_parts_that_are_held_less_than_the_rest_show(judged):
    devices = {part.label: part for part in figures(judged).bands["device"]}
    assert devices["A"].held_percent.value == 0
    assert devices["B"].held_percent.value == 100
    assert devices["A"].held_percent.value < devices["A"].expected_percent.low
    assert figures(judged).bands["volume_ml"][-1].held_percent.value < 80


def test_scans_that_are_held_or_missed_together_count_as_one(judged):
    expected = figures(judged).overall.expected_percent
    low, high = stats.binom.interval(0.95, 20, 0.8)
    assert (expected.low, expected.value, expected.high) == pytest.approx((5 * low, 80, 5 * high))


def test_independent_scans_have_the_binomial_range_of_all_of_them(sample_of):
    sample = sample_of([1.0] * 100, [1.0] * 100, np.arange(100) // 5)
    low, high = stats.binom.interval(0.95, 100, 0.9)
    expected = expected_percent(0.9, sample, icc=0.0)
    assert (expected.low, expected.high) == pytest.approx((low, high))


def test_predictions_without_intervals_have_no_coverage(judged):
    bare = tuple(Prediction(p.scan_id, p.patient_id, 0, 50.0, p.reference_ml) for p in judged.predictions)
    assert figures(Judged("run", bare, level=0.8)) is None
    assert figures(Judged("run", judged.predictions)) is None
