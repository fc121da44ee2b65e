import pytest

from volest.errors import RunError
from volest.records.near_copies import NearCopy, read_near_copies, write_near_copies


@pytest.mark.parametrize("pairs", [(), (NearCopy("NA", "ü", 0.93, 1.06), NearCopy("1", "2", 0.81, 0.9))])
def test_pairs_are_read_as_they_were_written(tmp_path, pairs):
    write_near_copies(pairs, tmp_path / "near_copies.csv")
    assert read_near_copies(tmp_path / "near_copies.csv") == pairs


def test_a_run_from_before_the_record_is_told_how_to_get_it(tmp_path):
    with pytest.raises(RunError, match="Run `volest cv` on it again"):
        read_near_copies(tmp_path / "near_copies.csv")


@pytest.mark.parametrize("text", ["", "first\na\n", "first,second,correlation,zoom\na,b,high,1\n"])
def test_another_table_is_refused(tmp_path, text):
    (tmp_path / "near_copies.csv").write_text(text)
    with pytest.raises(RunError, match="is damaged"):
        read_near_copies(tmp_path / "near_copies.csv")
