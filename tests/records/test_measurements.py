import math
from datetime import date

import pytest

from volest.errors import RunError
from volest.records.measurements import read_measurements


@pytest.fixture
def read(tmp_path):
    def write_and_read(text, encoding="utf-8"):
        (tmp_path / "reader.csv").write_bytes(text.encode(encoding))
        return read_measurements(tmp_path / "reader.csv")

    return write_and_read


def test_three_columns_are_enough_and_every_scan_is_a_patient(read):
    table = read("scan_id,predicted_ml,reference_ml\na,10,11\nb,20,21.5\n")
    assert [(p.scan_id, p.patient_id, p.predicted_ml, p.reference_ml) for p in table.predictions] == [
        ("a", "a", 10, 11),
        ("b", "b", 20, 21.5),
    ]
    assert table.remarks[0].startswith("No patient_id: every scan counts as a patient of its own")


def test_patients_are_taken_where_they_are_named(read):
    table = read("path,patient_id,predicted_ml,reference_ml\nx/a.nrrd,007,10,11\nx/b.nrrd,007,20,21\n")
    assert [p.patient_id for p in table.predictions] == ["007", "007"]
    assert table.predictions[0].scan_id == "x/a.nrrd"
    assert table.remarks == ()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_tables_of_other_programs_are_read(read, separator, encoding):
    lines = (("scan_id", "predicted_ml", "reference_ml"), ("ä", "1e1", " 11 "))
    table = read("\r\n".join(separator.join(line) for line in lines), encoding)
    assert table.predictions[0].scan_id == "ä"
    assert table.predictions[0].reference_ml == 11


def test_an_empty_cell_is_no_number_and_no_error(read):
    table = read("scan_id,predicted_ml,reference_ml\na,,11\nb,NaN,11\nc,1,11\n")
    assert [math.isnan(p.predicted_ml) for p in table.predictions] == [True, True, False]


def test_further_columns_are_numbers_dates_or_words(read):
    table = read(
        "scan_id,predicted_ml,reference_ml,age,day,site\na,1,2,3,2025-01-31,A\nb,1,2,,2025-02-01,\nc,1,2,4.5,,7\n"
    )
    assert table.columns["age"] == {"a": 3.0, "b": None, "c": 4.5}
    assert table.columns["day"] == {"a": date(2025, 1, 31), "b": date(2025, 2, 1), "c": None}
    assert table.columns["site"] == {"a": "A", "b": None, "c": "7"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be read as CSV"),
        ("scan_id,predicted_ml\na,1\n", "column 'reference_ml' is missing; it has scan_id, predicted_ml"),
        ("name,predicted_ml,reference_ml\na,1,2\n", "column 'scan_id' is missing"),
        ("scan_id,predicted_ml,reference_ml\na,1,2\na,1,2\n", "scan 'a' stands in 2 rows"),
        ('scan_id,predicted_ml,reference_ml\na,"12,5",2\n', "scan 'a' has predicted_ml '12,5'; expected a number"),
        ("scan_id,predicted_ml,reference_ml\n,1,2\n", "row 2 names no scan"),
        ("scan_id,patient_id,predicted_ml,reference_ml\na,p,1,2\nb,,1,2\n", "scan 'b' has an empty patient_id"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(read, text, message):
    with pytest.raises(RunError, match=message):
        read(text)


def test_no_text_at_all_is_refused(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(RunError, match="cannot be read as CSV"):
        read_measurements(tmp_path / "t.csv")
    with pytest.raises(RunError, match="does not exist"):
        read_measurements(tmp_path / "gone.csv")
