import numpy as np
import pytest
from safetensors.numpy import save_file

from volest.errors import RunError
from volest.records import reference
from volest.records.reference import read_reference, write_reference


@pytest.fixture
def path(tmp_path, rng):
    write_reference(
        {"size": rng.normal(size=(5, 3)), "stage 1": rng.normal(size=(5, 8))}, tmp_path / "reference.safetensors"
    )
    return tmp_path / "reference.safetensors"


def test_what_was_written_is_read(tmp_path, rng):
    rows = rng.normal(size=(5, 3)).astype(np.float32)
    write_reference({"size": rows}, tmp_path / "r")
    np.testing.assert_array_equal(read_reference(tmp_path / "r")["size"], rows)


def test_a_truncated_file_is_refused(path):
    for kept in (0, 4, 40, path.stat().st_size - 1):
        damaged = path.with_name("short")
        damaged.write_bytes(path.read_bytes()[:kept])
        with pytest.raises(RunError, match="short is damaged"):
            read_reference(damaged)


def test_a_file_larger_than_any_is_not_read(path, monkeypatch):
    monkeypatch.setattr(reference, "LARGEST_BYTES", 100)
    with pytest.raises(RunError, match="It is not read"):
        read_reference(path)


@pytest.mark.parametrize("wrong", [np.zeros(4), np.full((2, 2), np.nan), np.zeros((0, 3)), np.zeros((2, 2), int)])
def test_a_table_that_is_none_is_refused(tmp_path, wrong):
    save_file({"size": wrong}, tmp_path / "r")
    with pytest.raises(RunError, match="trait 'size' is no table"):
        read_reference(tmp_path / "r")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(RunError, match="is no file"):
        read_reference(tmp_path)
