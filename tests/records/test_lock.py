import os
import socket

import pytest

from volest.errors import RunError
from volest.records.lock import locked


def test_who_holds_it_is_named(tmp_path):
    lock = tmp_path / "x.lock"
    named = rf"x is written by another process \(process {os.getpid()} on {socket.gethostname()} since 20"
    with locked(lock, "x is written by"), pytest.raises(RunError, match=named), locked(lock, "x is written by"):
        pass


def test_it_is_free_afterwards_whatever_happened(tmp_path):
    lock = tmp_path / "x.lock"
    with pytest.raises(ZeroDivisionError), locked(lock, "x"):
        _ = 1 / 0
    with locked(lock, "x"):
        pass
    assert not lock.with_name("x.lock.owner").exists()


def test_what_a_killed_process_has_left_is_no_owner(tmp_path):
    (tmp_path / "x.lock.owner").write_text("process 1 on a machine that is gone")
    with locked(tmp_path / "x.lock", "x"):
        assert f"process {os.getpid()} " in (tmp_path / "x.lock.owner").read_text()
