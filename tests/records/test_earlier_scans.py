import pytest

from volest.errors import RunError
from volest.records.earlier_scans import EarlierScan, read_earlier_scans


@pytest.fixture
def write(tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "a.nrrd").write_text("")

    def write(text):
        path = tmp_path / "earlier.csv"
        path.write_text(text)
        return path

    return write


def test_paths_are_relative_to_the_table(write, tmp_path):
    table = write("path,earlier_volume_ml,earlier_path\nnew/a.nrrd,52.5,old/a.nrrd\nnew/b.nrrd,40,\n")
    assert read_earlier_scans(table) == {
        tmp_path / "new" / "a.nrrd": EarlierScan(52.5, tmp_path / "old" / "a.nrrd"),
        tmp_path / "new" / "b.nrrd": EarlierScan(40.0, None),
    }


def test_the_earlier_scan_may_be_lost_and_the_volume_unknown(write, tmp_path):
    table = write("earlier_volume_ml;path\n52.5;a.nrrd\n;b.nrrd\n")
    assert read_earlier_scans(table) == {tmp_path / "a.nrrd": EarlierScan(52.5, None)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,volume_ml\na.nrrd,5\n", "column 'earlier_volume_ml' is missing; it has path, volume_ml"),
        ("path,earlier_volume_ml\na.nrrd,5\n./a.nrrd,6\n", r"scan \./a\.nrrd stands in two rows"),
        ("path,earlier_volume_ml\n,5\n", "a row with a volume names no scan"),
        ("path,earlier_volume_ml\na.nrrd,large\n", "earlier_volume_ml 'large'; expected a number of millilitres"),
        ("path,earlier_volume_ml\na.nrrd,-5\n", "above zero"),
        ("path,earlier_volume_ml\na.nrrd,inf\n", "above zero"),
        ("path,earlier_volume_ml,earlier_pth\na.nrrd,5,b\n", "column 'earlier_pth' means nothing"),
        ("path,earlier_volume_ml,earlier_volume_ml\na.nrrd,5,6\n", "once each"),
        ('path,earlier_volume_ml\na.nrrd,"5,2"\n', "decimal point"),
        ("path,earlier_volume_ml,earlier_path\nold/a.nrrd,5,old/a.nrrd\n", "is its own earlier_path"),
    ],
)
def test_a_wrong_table_is_told(write, text, message):
    with pytest.raises(RunError, match=message):
        read_earlier_scans(write(text))


def test_a_link_keeps_its_name_and_a_later_scan_is_known_by_what_it_leads_to(write, tmp_path):
    (tmp_path / "blob").write_text("")
    for name in ("new.nrrd", "old.nrrd"):
        (tmp_path / name).symlink_to(tmp_path / "blob" if name == "old.nrrd" else tmp_path / "old" / "a.nrrd")
    table = write("path,earlier_volume_ml,earlier_path\nnew.nrrd,40,old/../old.nrrd\n")
    assert read_earlier_scans(table) == {tmp_path / "old" / "a.nrrd": EarlierScan(40.0, tmp_path / "old.nrrd")}


def test_no_table_is_told(tmp_path):
    with pytest.raises(RunError, match=r"no\.csv does not exist\. Expected a CSV with path, earlier_volume_ml and"):
        read_earlier_scans(tmp_path / "no.csv")
