"""Volumes from elsewhere beside references: another network's, a reader's, another program's."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from volest.errors import RunError
from volest.records.predictions import Prediction
from volest.records.text_table import read_text_table

NEEDED = ("predicted_ml", "reference_ml")
EMPTY = {"", "nan", "na", "n/a", "none", "null", "-"}


@dataclass(frozen=True)
class Measurements:
    """A table of predictions.

    Attributes:
        remarks: how it was read, in sentences.
        columns: every further column, the value of each scan; None where the cell is empty.
    """

    predictions: tuple[Prediction, ...]
    remarks: tuple[str, ...]
    columns: Mapping[str, Mapping[str, float | str | date | None]]


def read_measurements(path: Path) -> Measurements:
    """Read a CSV with scan_id (or path), predicted_ml, reference_ml and, if scans share patients, patient_id.

    Raises:
        RunError: no such file, no table, a column is missing, a cell is no number, a scan stands in two rows, or
            some rows alone name their patient.
    """
    table = read_text_table(path, "a CSV of predictions")
    key = next((name for name in ("scan_id", "path") if name in table.columns), None)
    missing = [name for name in NEEDED if name not in table.columns] + ([] if key else ["scan_id"])
    if missing:
        raise RunError(
            f"{path}: column {missing[0]!r} is missing; it has {', '.join(map(str, table.columns))}. Expected scan_id "
            "(or path), predicted_ml and reference_ml, and patient_id where patients have several scans."
        )
    ids = [text.strip() for text in table[key]]
    _require_once(ids, path)
    patients, remarks = _patients(table, ids, path)
    numbers = [[_number(cell, name, ids[n], path) for n, cell in enumerate(table[name])] for name in NEEDED]
    rows = zip(ids, patients, *numbers, strict=True)
    predictions = tuple(
        Prediction(scan, patient, None, predicted, reference) for scan, patient, predicted, reference in rows
    )
    further = [name for name in table.columns if name not in (key, *NEEDED)]
    columns = {name: dict(zip(ids, _values(list(table[name])), strict=True)) for name in further}
    return Measurements(predictions, tuple(remarks), columns)


def _require_once(ids: list[str], path: Path) -> None:
    if "" in ids:
        raise RunError(f"{path}: row {ids.index('') + 2} names no scan. Fill it or remove the row.")
    twice = [scan_id for scan_id, count in Counter(ids).items() if count > 1]
    if twice:
        raise RunError(
            f"{path}: scan {twice[0]!r} stands in {ids.count(twice[0])} rows. Expected one prediction a scan: give "
            "each reading an id of its own, or average them first."
        )


def _patients(table: pd.DataFrame, ids: list[str], path: Path) -> tuple[list[str], list[str]]:
    named = [text.strip() for text in table["patient_id"]] if "patient_id" in table.columns else [""] * len(ids)
    if not any(named):
        return ids, [
            "No patient_id: every scan counts as a patient of its own. If patients have several scans, intervals are "
            "too narrow."
        ]
    if not all(named):
        raise RunError(f"{path}: scan {ids[named.index('')]!r} has an empty patient_id, others have one. Fill it in.")
    return named, []


def _number(cell: str, name: str, scan_id: str, path: Path) -> float:
    text = cell.strip()
    if text.lower() in EMPTY:
        return math.nan
    try:
        return float(text)
    except ValueError:
        raise RunError(
            f"{path}: scan {scan_id!r} has {name} {cell!r}; expected a number of millilitres with a decimal point, or "
            "an empty cell."
        ) from None


def _values(cells: list[str]) -> list[float | str | date | None]:
    """Numbers if all are, else dates if all are, else text; None where empty."""
    texts = [None if cell.strip().lower() in EMPTY else cell.strip() for cell in cells]
    for kind in (_finite, date.fromisoformat):
        try:
            return [None if text is None else kind(text) for text in texts]
        except ValueError:
            continue
    return list(texts)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
