import os

import numpy as np
import pytest

from volest.errors import ScanError
from volest.images.formats import scan_sha256
from volest.images.nrrd import nrrd_files, read_nrrd, read_nrrd_header

VOXELS = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5, order="F")
RAW = VOXELS.tobytes(order="F")


@pytest.fixture
def write_detached(write_raw, tmp_path):
    """Write a detached header and its data files, the voxels cut into equal parts."""

    def write(field, names, content=RAW, **changed):
        size = len(content) // max(len(names), 1)
        for number, name in enumerate(names):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(content[number * size : (number + 1) * size])
        return write_raw(payload=b"", name="scan.nhdr", extra=[f"data file: {field}"], **changed)

    return write


SLICES = [f"v{k}" for k in range(5)]


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("voxels.raw", ["voxels.raw"]),
        ("./below/it.raw", ["below/it.raw"]),
        ("a name with spaces", ["a name with spaces"]),
        ("100%d", ["100%d"]),
        ("LIST\n" + "\n".join(SLICES), SLICES),
        ("LIST 2\n" + "\n".join(SLICES), SLICES),
        ("LIST 3\n" + "\n".join(SLICES), SLICES),
        ("LIST 3\nwhole", ["whole"]),
        ("v%d 0 4 1", SLICES),
        ("v%d 0 4 1 2", SLICES),
        ("v%d 4 0 -1", SLICES[::-1]),
        ("v%03d.raw 10 18 2", [f"v{k:03d}.raw" for k in (10, 12, 14, 16, 18)]),
        ("row%02d 0 19 1 1", [f"row{row:02d}" for row in range(20)]),
    ],
)
def test_one_file_a_list_or_a_pattern_holds_the_voxels(write_detached, tmp_path, field, names):
    path = write_detached(field, names)
    np.testing.assert_array_equal(read_nrrd(path).voxels, VOXELS)
    assert nrrd_files(path) == (path, *(tmp_path.resolve() / name for name in names))


def test_a_slab_may_have_several_slices(write_detached):
    path = write_detached("LIST 3\na\nb", ["a", "b"], RAW[:48], sizes="3 4 4")
    np.testing.assert_array_equal(read_nrrd(path).voxels, VOXELS[..., :4])


def test_skips_hold_for_each_file(write_detached, tmp_path):
    path = write_detached("v%d 0 4 1", SLICES, line_skip="1", byte_skip="-1")
    for name in SLICES:
        (tmp_path / name).write_bytes(b"a line\nforeign" + (tmp_path / name).read_bytes())
    np.testing.assert_array_equal(read_nrrd(path).voxels, VOXELS)


def test_another_slice_is_another_scan(write_detached, tmp_path):
    path = write_detached("v%d 0 4 1", SLICES)
    before = scan_sha256(path)
    (tmp_path / "v4").write_bytes(bytes(12))
    assert scan_sha256(path) != before


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("gone.raw", r"keeps its voxels in .*gone\.raw, which does not exist"),
        ("", "names no file"),
        ("LIST", "names no file"),
        ("LIST\na\nb", r"names 2 data files of 2 dimensions each for sizes \(3, 4, 5\); expected 5"),
        ("LIST 3\na\nb", r"names 2 data files of 3 dimensions"),
        ("LIST 9\na", r"1 data files of 9 dimensions"),
        ("v%d 0 3 1", r"names 4 data files .* expected 5"),
        ("v%d 0 4 0", "counts from 0 to 4 in steps of 0"),
        ("v%d 0 4 -1", "counts from 0 to 4 in steps of -1"),
        ("v%d 0 999999999999 1", "counts from 0 to 999999999999"),
        ("v%d 0 99999999999999999999 1", "whole numbers"),
        (".", "is a folder; expected a file"),
        ("fifo", "is a FIFO, socket or device; expected a file"),
        ("/etc/passwd", "'/etc/passwd', which lies outside the folder of the header"),
        ("/dev/zero", "lies outside the folder"),
        ("../outside", r"'\.\./outside', which lies outside the folder of the header"),
        ("below/../../outside", "lies outside the folder"),
        ("../not-even-there", "lies outside the folder"),
        ("link-out", "'link-out', which lies outside the folder"),
        ("loop", "Too many levels of symbolic links|symlink loop|cannot be read"),
        ("LIST\nv0\nv1\nv2\nv3\n../outside", "lies outside the folder"),
        ("../v%d 0 4 1", "lies outside the folder"),
        ("x" * 5000, "cannot be read as NRRD"),
    ],
)
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFO on this system")
def test_data_files_that_cannot_be_are_refused_without_waiting(write_detached, tmp_path, field, message):
    for name in SLICES:
        (tmp_path / name).write_bytes(bytes(12))
    outside = tmp_path.parent / "outside"
    outside.write_bytes(RAW)
    (tmp_path / "link-out").symlink_to(outside)
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "fifo")
    path = write_detached(field, [])
    with pytest.raises(ScanError, match=message):
        read_nrrd(path)
    with pytest.raises(ScanError, match=message):
        nrrd_files(path)


def test_an_absolute_name_and_a_link_within_the_folder_are_fine(write_detached, tmp_path):
    (tmp_path / "voxels").write_bytes(RAW)
    (tmp_path / "link").symlink_to("voxels")
    for field in ("link", str(tmp_path / "voxels")):
        np.testing.assert_array_equal(read_nrrd(write_detached(field, [])).voxels, VOXELS)


def test_a_link_to_a_detached_scan_finds_the_voxels_where_the_scan_is(write_detached, tmp_path):
    target = write_detached("voxels", ["voxels"])
    folder = tmp_path / "links"
    folder.mkdir()
    (folder / "scan.nhdr").symlink_to(target)
    (folder / "voxels").symlink_to(tmp_path / "voxels")
    np.testing.assert_array_equal(read_nrrd(folder / "scan.nhdr").voxels, VOXELS)


def test_the_header_is_read_without_its_voxels(write_detached):
    assert read_nrrd_header(write_detached("gone", [])).shape == (3, 4, 5)
