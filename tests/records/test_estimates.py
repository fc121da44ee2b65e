import csv
import json
from pathlib import Path

import pytest

from volest.errors import ConfigError
from volest.records.estimates import Estimate, EstimateRow, Interval, require_writable, write_estimates

ROWS = [
    EstimateRow("a/scan, one.nrrd", Estimate(31.25, (30.0, 32.5), ("far", "dark"), Interval(0.9, 25.0, 40.0), 0.25)),
    EstimateRow("b.nrrd", Estimate(9.0, (9.0,), ())),
    EstimateRow("c.nrrd", None, "scan c.nrrd is empty."),
]


def test_json_holds_every_field_as_it_is(tmp_path):
    write_estimates(ROWS, tmp_path / "new" / "out.json")
    first, second, third = json.loads((tmp_path / "new" / "out.json").read_text())
    assert first == {
        "path": "a/scan, one.nrrd",
        "volume_ml": 31.25,
        "low_ml": 25.0,
        "high_ml": 40.0,
        "level": 0.9,
        "earlier_ml": None,
        "alone_ml": None,
        "spread_ml": pytest.approx(1.767767),
        "folds_ml": [30.0, 32.5],
        "typicality": 0.25,
        "is_lower_bound": False,
        "flags": ["far", "dark"],
        "refusal": "",
    }
    assert second["spread_ml"] is None
    assert (second["low_ml"], second["high_ml"], second["level"]) == (None, None, None)
    assert (third["volume_ml"], third["flags"], third["refusal"]) == (None, [], "scan c.nrrd is empty.")


def test_a_lower_bound_has_no_upper_end(tmp_path):
    cut = Estimate(31.25, (31.25,), (), Interval(0.9, 25.0, 40.0), is_cut=True)
    write_estimates([EstimateRow("cut.nrrd", cut)], tmp_path / "out.json")
    [row] = json.loads((tmp_path / "out.json").read_text())
    assert (row["low_ml"], row["high_ml"], row["is_lower_bound"]) == (25.0, None, True)


def test_csv_joins_folds_and_flags(tmp_path):
    write_estimates(ROWS, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open() as file:
        first, second, third = csv.DictReader(file)
    assert first["path"] == "a/scan, one.nrrd"
    assert (first["folds_ml"], first["flags"]) == ("30;32.5", "far;dark")
    assert (first["low_ml"], first["high_ml"], second["low_ml"]) == ("25", "40", "")
    assert (second["spread_ml"], second["flags"]) == ("", "")
    assert (third["volume_ml"], third["refusal"]) == ("", "scan c.nrrd is empty.")


@pytest.mark.parametrize("name", ["out.xlsx", "out", "csv", "out.json.gz"])
def test_another_suffix_is_refused(tmp_path, name):
    with pytest.raises(ConfigError, match=r"expected a name that ends in \.csv or \.json"):
        write_estimates(ROWS, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["out.csv", "out.json"])
def test_the_two_formats_are_taken(name):
    require_writable(Path(name))


def test_a_place_that_cannot_hold_the_file_is_refused_before_the_work(tmp_path):
    (tmp_path / "table.csv").write_text("")
    with pytest.raises(ConfigError, match=r"table\.csv is no folder"):
        require_writable(tmp_path / "table.csv" / "out.csv")
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(ConfigError, match="is a folder"):
        require_writable(tmp_path / "out.csv")
