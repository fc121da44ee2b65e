import numpy as np
import pytest

from volest.evaluation.risk_coverage import risk_coverage
from volest.evaluation.sample import Sample
from volest.records.refusal import Refusal
from volest.report.plots.drawing import draw
from volest.report.plots.plot import Line
from volest.report.plots.refusal import risk_coverage_plot


@pytest.fixture
def sample(rng):
    reference_ml = rng.uniform(20, 100, 40)
    ids = tuple(f"s{n}" for n in range(40))
    return Sample(ids, tuple(f"p{n // 2}" for n in range(40)), reference_ml + rng.normal(0, 8, 40), reference_ml)


@pytest.fixture
def refusal(sample, rng):
    """Known errors with noise in the first order, chance in the second."""
    scores = np.abs(sample.error_ml) + rng.normal(0, 2, 40)
    risks = [risk_coverage(sample, s, 0.2, np.random.default_rng(0), 200) for s in (scores, rng.normal(size=40))]
    return Refusal(dict(zip(sample.scan_ids, scores.tolist(), strict=True)), {0.05: 30.0, 0.2: 9.0}, *risks)


def curves(plot):
    return {mark.name: mark for mark in plot.marks if isinstance(mark, Line) and mark.name}


def test_every_curve_ends_at_the_error_of_all_scans(refusal, sample):
    plot = risk_coverage_plot(refusal, sample.error_ml.tolist())
    ends = {name: (line.x[-1], line.y[-1]) for name, line in curves(plot).items()}
    mae_ml = np.abs(sample.error_ml).mean()
    assert ends == {name: (pytest.approx(100), pytest.approx(mae_ml)) for name in ends}
    assert set(ends) == {"largest error first", "least typical first", "widest interval first"}
    assert f"by lot {mae_ml:.1f}" in plot.message


def test_no_order_is_better_than_that_of_the_errors_themselves(refusal, sample):
    found = curves(risk_coverage_plot(refusal, sample.error_ml.tolist()))
    best = found["largest error first"]
    for line in found.values():
        assert all(y >= np.interp(x, best.x, best.y) - 1e-9 for x, y in zip(line.x, line.y, strict=True))


def test_it_draws_also_without_intervals(refusal, sample):
    alone = Refusal(refusal.scores, refusal.thresholds, refusal.risk)
    plot = risk_coverage_plot(alone, sample.error_ml.tolist())
    assert [words for _, words in plot.keys] == ["least typical first", "by lot", "if errors were known"]
    assert len(draw(plot).shapes) == 3
