"""`baselines.csv`: what each baseline said of every held-out scan, so that a network can be compared pair by pair."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from volest.records import atomic
from volest.records.predictions import Prediction
from volest.records.row_table import readable

KEYS = ("scan_id", "fold")
"""Columns before those of the baselines, which hold mL."""


def write_baselines(of_baseline: Mapping[str, Sequence[Prediction]], path: Path) -> None:
    """Write a row per scan and a column per baseline; all baselines speak of the same scans."""
    columns: dict[str, list[object]] = {}
    for name, predictions in of_baseline.items():
        if not columns:
            columns = {"scan_id": [p.scan_id for p in predictions], "fold": [p.fold for p in predictions]}
        predicted_ml = {p.scan_id: p.predicted_ml for p in predictions}
        columns[name] = [predicted_ml[str(scan_id)] for scan_id in columns["scan_id"]]
    with atomic.replacing(path) as temporary:
        pd.DataFrame(columns or {name: [] for name in KEYS}).to_csv(temporary, index=False, float_format="%.6g")


def read_baselines(path: Path) -> pd.DataFrame:
    """The table; its columns are scan_id, fold, and one in mL for each baseline.

    Raises:
        RunError: no such file, no table, or columns that hold no numbers.
    """
    with readable(path):
        table = pd.read_csv(path, dtype={"scan_id": str}, keep_default_na=False, na_values={"fold": [""]})
        names = [name for name in table.columns if name not in KEYS]
        numbers = table[names].apply(pd.to_numeric)
        return pd.concat([table[list(KEYS)], numbers], axis="columns")
