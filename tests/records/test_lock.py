import errno
import fcntl
import os
import socket

import pytest

from volest.errors import RunError
from volest.records.lock import locked, system_lock


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


@pytest.mark.parametrize("error", [errno.ENOSYS, errno.ENOLCK])
def test_storage_without_locks_is_refused_and_no_file_takes_their_place(tmp_path, monkeypatch, error):
    def refuse(file, operation):
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(fcntl, "flock", refuse)
    refused = rf"x\.lock cannot be locked.*{os.strerror(error)}\. Mount the storage with locks \(Lustre: `-o flock`"
    with pytest.raises(RunError, match=refused), locked(tmp_path / "x.lock", "x"):
        pass
    lock = system_lock(tmp_path / "x.lock")
    with pytest.raises(RunError, match=refused):
        lock.acquire()
    assert not lock.is_locked
    assert not (tmp_path / "x.lock.owner").exists()
