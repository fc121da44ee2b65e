import math

import pytest

from volest.errors import RunError
from volest.records.history import COLUMNS, read_history, write_history


def test_writing_and_reading_keeps_eight_digits(tmp_path):
    rows = [dict.fromkeys(COLUMNS, (n + 1) * math.pi * 10**n) for n in range(3)]
    write_history(rows, tmp_path / "history.csv")
    table = read_history(tmp_path / "history.csv")
    assert tuple(table.columns) == COLUMNS
    for n, row in enumerate(rows):
        assert table.loc[n].tolist() == pytest.approx([row[name] for name in COLUMNS], rel=1e-7)


def test_both_parts_have_every_metric():
    metrics = {"mae_ml", "rmse_ml", "r2", "mape_percent"}
    assert {f"{part}_{metric}" for part in ("train", "val") for metric in metrics} < set(COLUMNS)


def test_a_number_that_is_not_defined_is_an_empty_cell(tmp_path):
    write_history([{"epoch": 0, "val_r2": math.nan}], tmp_path / "history.csv")
    assert math.isnan(read_history(tmp_path / "history.csv")["val_r2"][0])


def test_a_missing_or_empty_file_is_named(tmp_path):
    with pytest.raises(RunError, match="has not ended an epoch yet"):
        read_history(tmp_path / "history.csv")
    (tmp_path / "history.csv").write_text("")
    with pytest.raises(RunError, match=r"history\.csv is damaged"):
        read_history(tmp_path / "history.csv")
