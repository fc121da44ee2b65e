import pytest

from volest.errors import RunError
from volest.records.novelty import Novelty, read_novelty, write_novelty

ROWS = [Novelty("s1", "NA", {"size": 0.5, "stage 1": 2.0}), Novelty("s2", "007", {"size": 1.0, "stage 1": 0.25})]


def test_what_was_written_is_read(tmp_path):
    write_novelty(ROWS, tmp_path / "novelty.csv")
    assert read_novelty(tmp_path / "novelty.csv") == ROWS


def test_a_fold_without_held_out_scans_has_an_empty_table(tmp_path):
    write_novelty([], tmp_path / "novelty.csv")
    assert read_novelty(tmp_path / "novelty.csv") == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b\n1,2\n",
        "scan_id,patient_id,size\ns,p,x\n",
        "scan_id,patient_id,size\ns,p,0\n",
        "scan_id,patient_id,size\ns,p,inf\n",
    ],
)
def test_a_damaged_table_is_refused(tmp_path, text):
    (tmp_path / "novelty.csv").write_text(text)
    with pytest.raises(RunError, match=r"novelty\.csv is damaged"):
        read_novelty(tmp_path / "novelty.csv")


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(RunError, match=r"novelty\.csv does not exist"):
        read_novelty(tmp_path / "novelty.csv")
