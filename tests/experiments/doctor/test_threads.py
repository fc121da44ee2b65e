import pytest

from volest.experiments.doctor import threads
from volest.experiments.doctor.threads import THREADS


@pytest.fixture
def cores(monkeypatch):
    return lambda count: monkeypatch.setattr(threads, "usable_cores", lambda: count)


def test_one_thread_a_core_is_right(outcome, subject, cores):
    cores(4.0)
    assert outcome(THREADS, subject("training.threads=4", "training.workers=4")).state == "ok"


def test_more_threads_than_a_container_grants_wait_for_each_other(outcome, subject, cores):
    cores(2.5)
    found = outcome(THREADS, subject("training.threads=16", "training.workers=8"))
    assert found.state == "warning"
    assert found.remedy == "Set training.threads to 2 and training.workers to 2."


def test_threads_of_the_cpu_do_not_matter_on_a_gpu(outcome, subject, cores):
    cores(2.0)
    on_gpu = subject("training.threads=16", "training.workers=1")
    on_gpu.device = "cuda"
    assert outcome(THREADS, on_gpu).state == "ok"


def test_idle_cores_are_pointed_out(outcome, subject, cores):
    cores(8.0)
    found = outcome(THREADS, subject("training.threads=1"))
    assert (found.state, "cores stay idle" in found.measured) == ("warning", True)


def test_a_quota_counts_as_fewer_cores(monkeypatch):
    monkeypatch.setattr(threads, "cpu_quota", lambda: 0.5)
    assert threads.usable_cores() == 0.5
    monkeypatch.setattr(threads, "cpu_quota", lambda: None)
    assert threads.usable_cores() >= 1
