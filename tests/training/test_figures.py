import numpy as np
import pytest

from volest.training.curves import PartPredictions
from volest.training.figures import agreement_figure, bland_altman_figure

PARTS = {
    "train": PartPredictions(np.array([10.0, 20.0]), np.array([12.0, 18.0]), ["a", "b"]),
    "val": PartPredictions(np.array([90.0]), np.array([30.0]), ["c"]),
}


def test_the_figure_spans_both_parts_and_marks_identity():
    [axes] = agreement_figure(PARTS).axes
    assert axes.get_xlim() == axes.get_ylim() == pytest.approx((0, 94.5))
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["training", "held out"]
    x, y = axes.lines[0].get_data()
    assert list(x) == list(y)


def test_a_single_held_out_patient_has_a_bias_and_no_limits():
    [axes] = bland_altman_figure(PARTS).axes
    assert [text.get_text() for text in axes.texts] == ["bias +60.0"]


def test_bias_and_limits_are_those_of_the_held_out_scans(rng):
    reference_ml = rng.uniform(20, 80, size=400)
    held_out = PartPredictions(reference_ml + rng.normal(3, 2, size=400), reference_ml, [str(n) for n in range(400)])
    [axes] = bland_altman_figure({"train": PARTS["train"], "val": held_out}).axes
    heights = {text.get_text().rpartition(" ")[0]: text.xy[1] for text in axes.texts}
    assert heights == pytest.approx({"bias": 3, "upper limit": 3 + 1.96 * 2, "lower limit": 3 - 1.96 * 2}, abs=0.4)
