import numpy as np
import pytest
from sklearn.metrics import auc

from volest.evaluation.risk_coverage import risk_coverage
from volest.evaluation.sample import Sample


@pytest.fixture
def sample(rng):
    reference_ml = rng.uniform(10, 60, 40)
    predicted_ml = reference_ml + rng.normal(0, 5, 40)
    return Sample(tuple(f"s{n}" for n in range(40)), tuple(f"p{n // 2}" for n in range(40)), predicted_ml, reference_ml)


def curve(sample, score, rng, rejected=0.2):
    return risk_coverage(sample, score, rejected, rng, n_draws=200)


def test_the_curve_ends_at_the_error_of_all_scans(sample, rng):
    risk = curve(sample, rng.normal(size=40), rng)
    assert risk.coverage[-1] == pytest.approx(1)
    assert risk.mae_ml[-1] == pytest.approx(np.abs(sample.error_ml).mean())
    assert risk.blind_area_ml == pytest.approx(risk.mae_ml[-1])


def test_refusing_in_the_order_of_the_errors_cannot_be_beaten(sample, rng):
    best = curve(sample, np.abs(sample.error_ml), rng)
    assert best.area_ml.value == pytest.approx(best.best_area_ml)
    worst_eight = np.sort(np.abs(sample.error_ml))[:32].mean()
    assert best.lowered_percent.value == pytest.approx(100 * (1 - worst_eight / np.abs(sample.error_ml).mean()))
    assert curve(sample, rng.normal(size=40), rng).area_ml.value > best.best_area_ml


def test_the_area_is_the_mean_of_the_curve(sample, rng):
    risk = curve(sample, rng.normal(size=40), rng)
    assert risk.area_ml.value == pytest.approx(np.mean(risk.mae_ml))
    assert risk.area_ml.value == pytest.approx(auc(risk.coverage, risk.mae_ml), rel=0.1)  # trapezoids, from 1/40 on


def test_a_score_of_chance_lowers_nothing_on_average(rng):
    lowered = []
    for _ in range(60):
        error_ml = rng.normal(0, 5, 50)
        sample = Sample(tuple(map(str, range(50))), tuple(map(str, range(50))), 30 + error_ml, np.full(50, 30.0))
        lowered.append(risk_coverage(sample, rng.normal(size=50), 0.2, rng, n_draws=100).lowered_percent.value)
    assert np.mean(lowered) == pytest.approx(0, abs=3)


def test_the_order_of_the_scans_changes_nothing(sample, rng):
    score, order = rng.normal(size=40), rng.permutation(40)
    there, back = curve(sample, score, rng), curve(sample.of(order), score[order], rng)
    assert back.mae_ml == pytest.approx(there.mae_ml)
    assert back.area_ml.value == pytest.approx(there.area_ml.value)


def test_the_order_of_scans_with_equal_scores_changes_nothing(sample, rng):
    backwards, scores = sample.of(range(39, -1, -1)), np.repeat([0.0, 1.0], 20)
    assert curve(sample, scores, rng).mae_ml == pytest.approx(curve(backwards, scores[::-1], rng).mae_ml)


def test_an_intervals_units_are_patients(sample, rng):
    twice = Sample(
        sample.scan_ids + sample.scan_ids,
        sample.patient_ids * 2,
        *(np.tile(x, 2) for x in (sample.predicted_ml, sample.reference_ml)),
    )
    score = np.abs(sample.error_ml) + rng.normal(0, 1, 40)
    one, two = curve(sample, score, np.random.default_rng(1)), curve(twice, np.tile(score, 2), np.random.default_rng(1))
    assert two.area_ml.low == pytest.approx(one.area_ml.low, rel=0.02)
    assert two.area_ml.high == pytest.approx(one.area_ml.high, rel=0.02)
