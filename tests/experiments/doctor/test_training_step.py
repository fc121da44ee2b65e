import pytest

from volest.experiments.doctor import training_step
from volest.experiments.doctor.training_step import TRAINING_STEP
from volest.experiments.rehearsal import Rehearsal


def test_time_and_memory_are_told_and_kept_for_the_epoch(outcome, subject):
    healthy = subject()
    found = outcome(TRAINING_STEP, healthy)
    assert found.state == "ok", found
    assert "ms for a batch of 2, about" in found.measured
    assert healthy.step_s > healthy.forward_s > 0


def test_a_step_that_has_no_room_is_not_tried(outcome, subject, monkeypatch):
    monkeypatch.setattr(training_step, "available_bytes", lambda: 1000)
    monkeypatch.setattr(Rehearsal, "step", lambda *_: pytest.fail("it was tried"))
    found = outcome(TRAINING_STEP, subject())
    assert (found.state, found.measured.endswith("not tried")) == ("failed", True)
    assert "training.batch_size" in found.remedy


def test_a_step_that_nearly_fills_the_memory_is_pointed_out(outcome, subject, monkeypatch):
    monkeypatch.setattr(training_step, "step_bytes", lambda *_, **__: 900)
    monkeypatch.setattr(training_step, "available_bytes", lambda: 1000)
    assert outcome(TRAINING_STEP, subject()).state == "warning"


def test_a_network_that_cannot_be_counted_is_tried_all_the_same(outcome, subject, monkeypatch):
    def refuse(*_, **__):
        raise NotImplementedError

    monkeypatch.setattr(training_step, "step_bytes", refuse)
    found = outcome(TRAINING_STEP, subject())
    assert (found.state, found.measured.endswith("memory unknown")) == ("ok", True)
