import math
from types import SimpleNamespace

from volest.experiments.doctor import mixed_precision
from volest.experiments.doctor.mixed_precision import MIXED_PRECISION
from volest.experiments.rehearsal import Rehearsal
from volest.training.losses import LOSSES


def test_fp32_keeps_numbers_finite(outcome, subject):
    found = outcome(MIXED_PRECISION, subject())
    assert (found.state, found.measured.startswith("fp32: loss and gradients finite")) == ("ok", True)


def test_gradients_that_are_no_numbers_are_a_failure(outcome, subject, monkeypatch):
    monkeypatch.setattr(Rehearsal, "gradient_norm", property(lambda self: math.nan))
    found = outcome(MIXED_PRECISION, subject())
    assert found.state == "failed"
    assert "gradients are nan in fp32" in found.measured


def test_a_loss_that_is_no_number_is_a_failure(outcome, subject, monkeypatch):
    monkeypatch.setitem(LOSSES, "huber", lambda predicted, target: predicted.sum() * math.nan)
    found = outcome(MIXED_PRECISION, subject())
    assert (found.state, "the loss became nan" in found.remedy) == ("failed", True)


def test_mixed_precision_that_costs_more_than_it_saves_is_pointed_out(outcome, subject, monkeypatch):
    costs = {"32-true": 1.0, "bf16-mixed": 30.0}

    def steps(_, precision):  # none is taken: a processor without bf16 takes minutes for them
        return SimpleNamespace(precision=precision, gradient_norm=1.0), costs[precision], [1.0]

    monkeypatch.setattr(mixed_precision, "_steps", steps)
    found = outcome(MIXED_PRECISION, subject("training.precision=bf16"))
    assert (found.state, "30.0 times as long as fp32" in found.measured) == ("warning", True)
    costs["bf16-mixed"] = 0.5
    assert outcome(MIXED_PRECISION, subject("training.precision=bf16")).state == "ok"


def test_a_network_that_cannot_be_built_is_named(outcome, subject):
    found = outcome(MIXED_PRECISION, subject("model.name=timm:nothing"))
    assert (found.state, "timm:nothing" in found.remedy) == ("failed", True)
