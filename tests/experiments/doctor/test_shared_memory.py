import shutil
from collections import namedtuple

import pytest

from volest.experiments.doctor import shared_memory
from volest.experiments.doctor.shared_memory import SHARED_MEMORY

Usage = namedtuple("Usage", "total used free")


def test_a_batch_comes_through_a_worker(outcome, subject):
    found = outcome(SHARED_MEMORY, subject())
    assert found.state == "ok", found


def test_a_container_with_little_of_it_is_pointed_out(outcome, subject, monkeypatch, tmp_path):
    monkeypatch.setattr(shared_memory, "SHARED", tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(0, 0, 10_000))
    found = outcome(SHARED_MEMORY, subject())
    assert (found.state, "--shm-size" in found.remedy) == ("warning", True)


def test_a_worker_that_dies_of_it_is_a_failure(outcome, subject, monkeypatch):
    def killed(*_, **__):
        raise RuntimeError("DataLoader worker is killed by signal: Bus error.")

    monkeypatch.setattr(shared_memory, "DataLoader", killed)
    found = outcome(SHARED_MEMORY, subject())
    assert (found.state, "Bus error" in found.measured) == ("failed", True)


def test_a_batch_that_is_changed_on_its_way_is_a_failure(outcome, subject, monkeypatch):
    import torch

    monkeypatch.setattr(shared_memory, "DataLoader", lambda data, **_: [torch.zeros(data.shape)])
    found = outcome(SHARED_MEMORY, subject())
    assert (found.state, "came through changed" in found.measured) == ("failed", True)


@pytest.mark.parametrize("workers, needed", [(0, 2), (4, 8)])
def test_every_worker_keeps_two_batches_ready(outcome, subject, monkeypatch, tmp_path, workers, needed):
    monkeypatch.setattr(shared_memory, "SHARED", tmp_path)
    one = 4 * 2 * 16**3
    for free, state in ((needed * one, "warning"), (needed * one + 1, "ok")):
        monkeypatch.setattr(shutil, "disk_usage", lambda path, free=free: Usage(0, 0, free))
        assert outcome(SHARED_MEMORY, subject(f"training.workers={workers}")).state == state
