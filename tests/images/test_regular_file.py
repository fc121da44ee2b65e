import pytest

from volest.images.faults import Refusal
from volest.images.regular_file import open_regular, require_regular


def test_a_file_that_stands_still_is_read(tmp_path):
    (tmp_path / "a").write_bytes(b"content")
    require_regular(tmp_path / "a")
    with open_regular(tmp_path / "a") as file:
        assert file.read() == b"content"


def test_a_file_that_is_replaced_meanwhile_is_read_as_it_was(tmp_path):
    (tmp_path / "a").write_bytes(b"before")
    (tmp_path / "b").write_bytes(b"after")
    with open_regular(tmp_path / "a") as file:
        (tmp_path / "b").replace(tmp_path / "a")
        assert file.read() == b"before"


def test_a_file_that_shrinks_meanwhile_is_refused(tmp_path):
    (tmp_path / "a").write_bytes(b"content")
    with pytest.raises(Refusal, match="changed while it was read"), open_regular(tmp_path / "a"):
        (tmp_path / "a").write_bytes(b"")


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    for check in (require_regular, lambda path: open_regular(path).__enter__()):
        with pytest.raises(FileNotFoundError, match="nowhere"):
            check(tmp_path / "nowhere")
        with pytest.raises(Refusal, match="is a folder"):
            check(tmp_path)
