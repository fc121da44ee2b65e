import csv
import json
from pathlib import Path

import pytest

from volest.errors import ConfigError
from volest.records.estimates import EstimateRow, require_writable, write_estimates

ROWS = [
    EstimateRow("a/scan, one.nrrd", 31.25, 2.5, (30.0, 32.5), ("far", "dark")),
    EstimateRow("b.nrrd", 9.0, None, (9.0,), ()),
]


def test_json_holds_every_field_as_it_is(tmp_path):
    write_estimates(ROWS, tmp_path / "new" / "out.json")
    first, second = json.loads((tmp_path / "new" / "out.json").read_text())
    assert first == {
        "path": "a/scan, one.nrrd",
        "volume_ml": 31.25,
        "spread_ml": 2.5,
        "folds_ml": [30.0, 32.5],
        "flags": ["far", "dark"],
    }
    assert second["spread_ml"] is None


def test_csv_joins_folds_and_flags(tmp_path):
    write_estimates(ROWS, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open() as file:
        first, second = csv.DictReader(file)
    assert first["path"] == "a/scan, one.nrrd"
    assert (first["folds_ml"], first["flags"]) == ("30;32.5", "far;dark")
    assert (second["spread_ml"], second["flags"]) == ("", "")


@pytest.mark.parametrize("name", ["out.xlsx", "out", "csv", "out.json.gz"])
def test_another_suffix_is_refused(tmp_path, name):
    with pytest.raises(ConfigError, match=r"expected a name that ends in \.csv or \.json"):
        write_estimates(ROWS, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["out.csv", "out.json"])
def test_the_two_formats_are_taken(name):
    require_writable(Path(name))
