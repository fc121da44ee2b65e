import pytest

from volest.errors import RunError
from volest.records.headers import HeaderRow, read_headers, write_headers


def test_rows_are_read_as_they_were_written(tmp_path):
    rows = [HeaderRow("NA", 0.6, 250.0), HeaderRow("ü", 0.75, 300.5)]
    write_headers(rows, tmp_path / "headers.csv")
    assert read_headers(tmp_path / "headers.csv") == {row.scan_id: row for row in rows}


def test_a_run_from_before_the_record_is_told_how_to_get_it(tmp_path):
    with pytest.raises(RunError, match="Run `volest cv` on it again"):
        read_headers(tmp_path / "headers.csv")


@pytest.mark.parametrize("text", ["", "scan_id\na\n", "scan_id,spacing_mm,field_of_view_ml\na,fine,1\n"])
def test_another_table_is_refused(tmp_path, text):
    (tmp_path / "headers.csv").write_text(text)
    with pytest.raises(RunError, match="is damaged"):
        read_headers(tmp_path / "headers.csv")
