import pytest

from volest.datasets.unlabelled import find_unlabelled
from volest.errors import ManifestError


@pytest.fixture
def folder(tmp_path):
    for name in ("a/one.nrrd", "a/two.nrrd", "b/one.nrrd", "b/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"NRRD0004")
    return tmp_path


def test_scans_of_a_folder_are_named_by_their_place(folder):
    found = find_unlabelled(folder)
    assert [scan.scan_id for scan in found] == ["a/one", "a/two", "b/one"]
    assert {scan.patient_id for scan in found} == {None}
    assert found[2].path == folder / "b" / "one.nrrd"


def test_a_pattern_takes_what_fits(folder):
    assert [scan.scan_id for scan in find_unlabelled(folder / "*" / "one.nrrd")] == ["a/one", "b/one"]


def test_a_table_tells_ids_and_patients(folder):
    table = folder / "more.csv"
    table.write_text("path,patient_id\na/one.nrrd,p1\na/two.nrrd,\n")
    one, two = find_unlabelled(table)
    assert (one.scan_id, one.patient_id, one.path) == ("one", "p1", folder / "a" / "one.nrrd")
    assert (two.scan_id, two.patient_id) == ("two", None)


@pytest.mark.parametrize(
    "text, told",
    [
        ("file\na.nrrd\n", r"column 'path' is missing; it has file"),
        ("path,scan_id\n,x\n", r"row 1 has an empty path"),
        ("path\na/one.nrrd\nb/one.nrrd\n", r"scan_id 'one' names both .*a/one.nrrd and .*b/one.nrrd"),
    ],
)
def test_what_is_wrong_with_a_table_is_named(folder, text, told):
    (folder / "more.csv").write_text(text)
    with pytest.raises(ManifestError, match=told):
        find_unlabelled(folder / "more.csv")


def test_a_pattern_that_fits_nothing_is_refused(folder):
    with pytest.raises(ManifestError, match=r"names no scan. Expected a folder of scans, a table .* or a pattern"):
        find_unlabelled(folder / "*.nhdr")
