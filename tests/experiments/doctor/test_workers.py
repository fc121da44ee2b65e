import multiprocessing

import pytest

from volest.experiments.doctor import workers
from volest.experiments.doctor.workers import FORK, SPAWN


def dies(method):
    raise RuntimeError("DataLoader worker (pid 7) is killed by signal: Bus error.\nand more")


def test_forked_workers_start_and_answer(outcome, subject):
    found = outcome(FORK, subject())
    assert found.state == "ok", found
    assert "2 workers up, answered and down" in found.measured


def test_workers_that_training_would_start_and_that_die_are_a_failure(outcome, subject, monkeypatch):
    monkeypatch.setattr(workers, "seconds_to_start", dies)
    monkeypatch.setattr(multiprocessing, "get_start_method", lambda: "spawn")
    found = outcome(SPAWN, subject("training.workers=2"))
    assert found.state == "failed"
    assert "killed by signal: Bus error. (used by training here)" in found.measured
    assert "training.workers to 0" in found.remedy


@pytest.mark.parametrize("default, asked", [("fork", "training.workers=2"), ("spawn", "training.workers=0")])
def test_workers_that_training_would_not_start_are_a_warning(outcome, subject, monkeypatch, default, asked):
    monkeypatch.setattr(workers, "seconds_to_start", dies)
    monkeypatch.setattr(multiprocessing, "get_start_method", lambda: default)
    assert outcome(SPAWN, subject(asked)).state == "warning"


def test_slow_workers_are_pointed_out(outcome, subject, monkeypatch):
    monkeypatch.setattr(workers, "seconds_to_start", lambda method: 45.0)
    monkeypatch.setattr(multiprocessing, "get_start_method", lambda: "spawn")
    found = outcome(SPAWN, subject())
    assert (found.state, "in 45.0 s" in found.measured) == ("warning", True)


def test_a_way_that_the_system_does_not_have_is_skipped(outcome, subject, monkeypatch):
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    assert outcome(FORK, subject()).state == "skipped"
