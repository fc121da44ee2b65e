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
    writing = atomic.replacing(path)
    writing.__enter__().write_text("half")
    error = RuntimeError("in the middle")
    with pytest.raises(RuntimeError, match="in the middle"):
        writing.__exit__(RuntimeError, error, None)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
