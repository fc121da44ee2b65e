from datetime import date

import pytest

from volest.datasets.conversion import Conventions, Source, convert
from volest.datasets.dates import DateOrder
from volest.datasets.units import Unit
from volest.errors import ManifestError


def converted(rows, conventions=None, spoken=None, usual=False):
    names = [f"row {number}" for number in range(2, len(rows) + 2)]
    return convert(Source("labels l.csv", rows, names, spoken or {}, usual), conventions or Conventions())


def test_volumes_become_millilitres():
    rows, told = converted([{"volume_ml": "1.234,5"}, {"volume_ml": 12000.0}, {"volume_ml": ""}], Conventions(Unit.MM3))
    assert [row["volume_ml"] for row in rows] == ["1.2345", "12", ""]
    assert told == {"volume_ml": "'volume_ml' in mm3, decimal comma"}


def test_a_volume_that_is_no_number_is_named_with_its_row():
    with pytest.raises(ManifestError, match=r"'volume_ml' of labels l\.csv: row 3 has '12 mL'; expected a number"):
        converted([{"volume_ml": "12.5"}, {"volume_ml": "12 mL"}])


def test_numbers_of_a_table_share_their_decimal_sign():
    cells = {"volume_ml": "12,5", "bmi": "1.234", "code": "A,7", "ward": "007", "age": 30.0, "born": date(2025, 1, 2)}
    rows, _ = converted([cells])
    assert rows[0] == {
        "volume_ml": "12.5", "bmi": "1234", "code": "A,7", "ward": "007", "age": "30", "born": "2025-01-02",
    }  # fmt: skip


def test_days_become_iso():
    rows, told = converted([{"acquired_on": text} for text in ("31.12.2025", date(2025, 1, 2), "20250103", "")])
    assert [row["acquired_on"] for row in rows] == ["2025-12-31", "2025-01-02", "2025-01-03", ""]
    assert told["acquired_on"].endswith("german dates")


@pytest.mark.parametrize("cell", ["31.12.25", "soon", 45000.5, "45000"])
def test_what_is_no_day_is_named_with_its_row(cell):
    with pytest.raises(ManifestError, match=r"row 2 has '.*'; expected a day as YYYY-MM-DD"):
        converted([{"acquired_on": cell}])
    with pytest.raises(ManifestError, match="written the iso way"):
        converted([{"acquired_on": "31.12.2025"}], Conventions(dates=DateOrder.ISO))


def test_an_id_that_a_spreadsheet_took_for_a_date_is_refused():
    with pytest.raises(ManifestError, match="row 2 is the date 2025-03-01: an id was taken for one"):
        converted([{"scan_id": date(2025, 3, 1)}])
