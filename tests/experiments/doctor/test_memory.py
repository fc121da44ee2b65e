import pytest

from volest.experiments.doctor import memory
from volest.experiments.doctor.memory import MEMORY


@pytest.mark.parametrize("left, state", [(8e9, "ok"), (2e9, "warning"), (5e8, "failed"), (None, "skipped")])
def test_little_memory_is_pointed_out_and_too_little_fails(outcome, monkeypatch, left, state):
    monkeypatch.setattr(memory, "available_bytes", lambda: None if left is None else int(left))
    found = outcome(MEMORY)
    assert (found.state, bool(found.remedy)) == (state, state in ("warning", "failed"))


def test_a_container_counts_and_not_the_machine_around_it(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "MEMINFO", tmp_path / "meminfo")
    memory.MEMINFO.write_text("MemTotal: 9 kB\nMemAvailable:    4000 kB\n")
    monkeypatch.setattr(memory, "memory_left_bytes", lambda: None)
    assert memory.available_bytes() == 4000 * 1024
    monkeypatch.setattr(memory, "memory_left_bytes", lambda: 1000)
    assert memory.available_bytes() == 1000
