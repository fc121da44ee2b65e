import torch

from volest.experiments import one_batch
from volest.experiments.doctor import overfitting
from volest.experiments.doctor.overfitting import OVERFITTING
from volest.experiments.one_batch import Course
from volest.training.losses import LOSSES


def test_a_healthy_network_learns_a_few_scans_by_heart(outcome, subject):
    found = outcome(OVERFITTING, subject("model.widths=[8, 16, 32, 64]", "training.learning_rate=0.003"))
    assert found.state == "ok", found
    assert "in 100 steps on 4 scans of" in found.measured


def test_a_rate_too_low_to_learn_anything_fails(outcome, subject, monkeypatch):
    monkeypatch.setattr(overfitting, "STEPS", 10)
    found = outcome(OVERFITTING, subject("training.learning_rate=1e-9"))
    assert (found.state, "Raise training.learning_rate (now 1e-09)" in found.remedy) == ("failed", True)


def test_a_loss_that_grows_asks_for_a_lower_rate(outcome, subject, monkeypatch):
    monkeypatch.setattr(overfitting, "learn", lambda *_: Course((8, 8, 8), [1.0] * 97 + [5.0] * 3))
    found = outcome(OVERFITTING, subject())
    assert (found.state, found.remedy.startswith("Lower training.learning_rate")) == ("failed", True)


def test_a_loss_that_is_no_number_asks_for_a_lower_rate(outcome, subject, monkeypatch):
    monkeypatch.setitem(LOSSES, "huber", lambda predicted, target: predicted.sum() * torch.nan)
    found = outcome(OVERFITTING, subject())
    assert (found.state, found.measured) == ("failed", "the loss is no longer finite")


def test_the_grid_is_halved_where_the_machine_is_slow(outcome, subject, monkeypatch):
    monkeypatch.setattr(overfitting, "STEPS", 10)
    monkeypatch.setattr(one_batch, "FEWEST_STEPS", 10**9)
    slow = subject()
    found = outcome(OVERFITTING, slow)
    i, j, k = (edge // 4 for edge in slow.grid.shape)
    assert f"of {i}x{j}x{k} (grid halved for speed)" in found.measured


def test_too_few_steps_to_tell_are_a_warning(outcome, subject, monkeypatch):
    monkeypatch.setattr(overfitting, "learn", lambda *_: Course((8, 8, 8), [1.0, 0.9, 0.8]))
    assert outcome(OVERFITTING, subject()).state == "warning"


def test_a_network_that_learns_slowly_is_pointed_out(outcome, subject, monkeypatch):
    monkeypatch.setattr(overfitting, "learn", lambda *_: Course((8, 8, 8), [1.0] * 97 + [0.4] * 3))
    found = outcome(OVERFITTING, subject())
    assert (found.state, "expected to fall by 5" in found.measured) == ("warning", True)


def test_scans_of_one_volume_have_nothing_to_be_learnt(outcome, subject, monkeypatch):
    monkeypatch.setattr(overfitting, "_batch", lambda subject: (torch.zeros(4, 1, 8, 8, 8), torch.zeros(4)))
    assert outcome(OVERFITTING, subject()).state == "skipped"
