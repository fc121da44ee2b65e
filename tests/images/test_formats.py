import pytest

from volest.errors import ScanError
from volest.images.formats import find_scans, read_header, read_image, scan_sha256, scan_stem
from volest.records.manifest import file_sha256


def test_scans_are_found_below_a_folder_in_order_and_hidden_ones_are_not(write_raw, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / ".cache").mkdir()
    for name in ("b.nrrd", "sub/a.NRRD", "a.nhdr", ".hidden.nrrd", ".cache/c.nrrd", "notes.txt"):
        write_raw(name=name)
    assert [str(path.relative_to(tmp_path)) for path in find_scans(tmp_path)] == ["a.nhdr", "b.nrrd", "sub/a.NRRD"]


def test_a_scan_is_read_through_its_suffix(write_raw):
    path = write_raw()
    assert read_image(path).shape == read_header(path).shape == (3, 4, 5)


def test_an_unknown_suffix_lists_what_is_read(tmp_path):
    for read in (read_image, read_header):
        with pytest.raises(ScanError, match=r"end in '\.png' are not read; expected \.nrrd or \.nhdr"):
            read(tmp_path / "a.png")


def test_no_folder_is_said_so(tmp_path):
    with pytest.raises(ScanError, match="is no folder"):
        find_scans(tmp_path / "nowhere")


def test_the_stem_keeps_dots_of_the_name(tmp_path):
    assert scan_stem(tmp_path / "P1.2024.nrrd") == "P1.2024"


def test_equal_detached_headers_with_other_voxels_are_other_scans(write_raw, tmp_path):
    hashes = set()
    for number in range(2):
        (tmp_path / "voxels.raw").write_bytes(bytes([number]) * 60)
        hashes.add(scan_sha256(write_raw(payload=b"", name="scan.nhdr", extra=["data file: voxels.raw"])))
    assert len(hashes) == 2


def test_an_attached_scan_has_the_hash_of_its_file(write_raw):
    path = write_raw()
    assert scan_sha256(path) == file_sha256(path)


def test_voxels_that_are_missing_cannot_be_hashed(write_raw):
    path = write_raw(payload=b"", name="scan.nhdr", extra=["data file: gone.raw"])
    with pytest.raises(ScanError, match=r"keeps its voxels in .*gone\.raw, which does not exist"):
        scan_sha256(path)
