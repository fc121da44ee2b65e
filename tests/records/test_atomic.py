import errno

import pytest

from volest.records import atomic


def test_a_file_is_replaced_in_one_step(tmp_path):
    path = tmp_path / "deep" / "file.txt"
    atomic.write_text(path, "one")
    atomic.write_text(path, "two")
    assert path.read_text() == "two"
    assert list(path.parent.iterdir()) == [path]


def test_a_failure_leaves_the_old_file_and_no_rest(tmp_path):
    path = tmp_path / "file.txt"
    atomic.write_text(path, "old")
    with pytest.raises(RuntimeError, match="in the middle"):
        fail_in_the_middle(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def fail_in_the_middle(path):
    with atomic.replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("in the middle")


def test_a_full_disk_is_told_with_the_file_that_it_did_not_hold(tmp_path):
    path = tmp_path / "file.txt"
    atomic.write_text(path, "old")
    with pytest.raises(OSError, match="No space left") as told, atomic.replacing(path):
        raise OSError(errno.ENOSPC, "No space left on device", "/tmp/of_a_library")
    assert told.value.filename == str(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
