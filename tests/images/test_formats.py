import pytest

from volest.errors import ScanError
from volest.images.formats import find_scans, read_header, read_image, scan_stem


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
