"""Files made to harm: each is refused in words, at once, and in little memory."""

import os
import time
import tracemalloc

import pytest

from volest.errors import ScanError
from volest.images import nrrd
from volest.images.nrrd import nrrd_files, read_nrrd, read_nrrd_header

START = b"NRRD0005\ntype: uint8\ndimension: 3\n"


@pytest.fixture(autouse=True)
def _soon_and_in_little_memory():
    tracemalloc.start()
    start = time.process_time()
    yield
    seconds, peak_bytes = time.process_time() - start, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seconds < 5
    assert peak_bytes < 50 * 2**20


def _refused(path, message):
    for read in (read_nrrd, read_nrrd_header, nrrd_files):
        with pytest.raises(ScanError, match=message) as caught:
            read(path)
        assert str(path) in str(caught.value)
        assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("sizes", ["99999 99999 99999", "4294967296 4294967296 4294967296", "999999999999999999 " * 3])
def test_sizes_beyond_any_memory_are_told_in_gib(write_raw, sizes):
    with pytest.raises(ScanError, match="million voxels"):
        read_nrrd(write_raw(sizes=sizes))


@pytest.mark.parametrize(
    "sizes", ["18446744073709551617 1 1", "9" * 100_000 + " 1 1", "1e3 4 5", "0x3 4 5", "\u0663 4 5"]
)
def test_sizes_that_overflow_or_are_no_digits_are_refused(write_raw, sizes):
    with pytest.raises(ScanError, match="expected whole numbers"):
        read_nrrd(write_raw(sizes=sizes))


def test_more_axes_than_the_format_has_are_refused(write_raw):
    with pytest.raises(ScanError, match="100000 sizes in 100000 dimensions"):
        read_nrrd(write_raw(dimension="100000", sizes="1 " * 100_000))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFO on this system")
def test_a_fifo_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "scan.nrrd")
    _refused(tmp_path / "scan.nrrd", r"scan\.nrrd is a FIFO, socket or device; expected a file")


def test_a_folder_is_no_scan(tmp_path):
    (tmp_path / "scan.nrrd").mkdir()
    _refused(tmp_path / "scan.nrrd", r"scan\.nrrd is a folder; expected a file")


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="no devices on this system")  # noqa: PTH110
def test_a_device_is_no_scan(tmp_path):
    (tmp_path / "scan.nrrd").symlink_to("/dev/zero")
    _refused(tmp_path / "scan.nrrd", "is a FIFO, socket or device")


def test_a_header_of_a_gigabyte_is_left_after_a_mebibyte(tmp_path):
    path = tmp_path / "scan.nrrd"
    with path.open("wb") as file:
        file.write(START + b"content: ")
        file.seek(2**20)
        file.write(b"x" * 2**20)
        file.truncate(2**30)  # sparse
    _refused(path, "no end within 1 MiB|NUL bytes")
    path.write_bytes(START + b"content: " + b"x" * 2**22)
    _refused(path, "no end within 1 MiB")


@pytest.mark.parametrize("line", [b"key:=value\n", b"#\n", b"sizes: 3 4 5\n"])
def test_millions_of_lines_are_left_after_some_thousand(tmp_path, line):
    path = tmp_path / "scan.nrrd"
    path.write_bytes(START + line * 2_000_000)
    with pytest.raises(ScanError, match="no end within 1 MiB and 4096 lines"):
        read_nrrd_header(path)


@pytest.mark.parametrize("place", [b"type: uint8", b"key:=value", b"data file: a"])
def test_nul_bytes_in_a_header_are_refused(tmp_path, place):
    path = tmp_path / "scan.nrrd"
    path.write_bytes(START + place + b"\0\n")
    _refused(path, "header holds NUL bytes")


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"NRRD", b"NRRD0006\n", b"NRRD-005\n", b"NRRD0005\n", b"\xff\xfe" * 100, b"NRRD0005 \x1b[2J\n"],
)
def test_what_does_not_begin_as_nrrd_is_refused(tmp_path, content):
    path = tmp_path / "scan.nrrd"
    path.write_bytes(content)
    with pytest.raises(ScanError, match="cannot be read as NRRD") as caught:
        read_nrrd(path)
    assert str(caught.value).isprintable()


def test_text_that_is_not_ascii_is_kept_in_pairs_and_refused_as_number(write_raw):
    assert read_nrrd_header(write_raw(extra=["\u540d\u524d:=\u5c71\u7530"])).fields == {"\u540d\u524d": "\u5c71\u7530"}
    with pytest.raises(ScanError, match="space is"):
        read_nrrd_header(write_raw(space="\u202eSPL"))


@pytest.mark.parametrize("name", ["%d" * 400_000, "%d" + " 1" * 400_000, "%d" + " " * 800_000 + "x"])
def test_names_full_of_numbers_take_no_time(tmp_path, name):
    path = tmp_path / "scan.nhdr"
    path.write_bytes(START + f"sizes: 3 4 5\nencoding: raw\nspacings: 1 1 1\ndata file: {name}\n\n".encode())
    for read in (read_nrrd, nrrd_files):
        with pytest.raises(ScanError, match="cannot be read as NRRD") as caught:
            read(path)
        assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("junk", ["(" * 500_000, '"' * 500_001, "(,,)" * 100_000, "none " * 100_000, "\\" * 500_000])
@pytest.mark.parametrize("name", ["space_directions", "space_units", "kinds", "space_origin"])
def test_long_nonsense_in_a_field_takes_no_time(write_raw, name, junk):
    with pytest.raises(ScanError, match=r"scan\.nrrd"):
        read_nrrd_header(write_raw(**{name: junk}))


@pytest.mark.parametrize("change", ["grows", "is touched"])
def test_a_file_that_changes_while_it_is_read_is_refused(write_raw, monkeypatch, change):
    path = write_raw()
    read_values = nrrd.read_values

    def meanwhile(file, *args):
        values = read_values(file, *args)
        if change == "grows":
            with path.open("ab") as other:
                other.write(b"x")
        else:
            os.utime(path, ns=(0, 0))
        return values

    monkeypatch.setattr(nrrd, "read_values", meanwhile)
    with pytest.raises(ScanError, match=r"scan\.nrrd changed while it was read\. Wait"):
        read_nrrd(path)
