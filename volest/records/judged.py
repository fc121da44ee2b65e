"""What an evaluation reads: the held-out predictions of a run, or a table from elsewhere."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TypeVar

import pandas as pd

from volest.errors import ConfigError, RunError
from volest.records.baselines import KEYS, read_baselines
from volest.records.folds import read_folds
from volest.records.follow_up import FollowedScans, read_followed
from volest.records.intervals import read_calibration
from volest.records.manifest import Scan, read_manifest
from volest.records.measurements import read_measurements
from volest.records.predictions import Prediction, read_predictions
from volest.records.run import RunDirectory

Value = float | str | date | None
T = TypeVar("T")


@dataclass(frozen=True)
class Judged:
    """Predictions with their references.

    Attributes:
        name: of the run or the file.
        remarks: on how they were read, in sentences.
        columns: for each column asked for, the value of each scan.
        baselines: of the same scans, by name; empty where the run has not recorded them.
        level: of the intervals of the predictions; None where they have none.
        follow_ups: scans that follow another of the patient, told the volume of that one; None where none is recorded.
    """

    name: str
    predictions: tuple[Prediction, ...]
    remarks: tuple[str, ...] = ()
    columns: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    baselines: Mapping[str, tuple[Prediction, ...]] = field(default_factory=dict)
    level: float | None = None
    follow_ups: FollowedScans | None = None


def read_judged(path: Path, columns: Sequence[str] = ()) -> Judged:
    """Read a run directory, or a CSV with at least scan_id (or path), predicted_ml and reference_ml.

    Args:
        path: directory or file.
        columns: to divide the scans by: `fold`, or any column of the run's manifest or of the table.

    Raises:
        RunError: there is no such run or file, or it holds no predictions.
        ConfigError: no such column.
        ManifestError: the run's manifest is needed and cannot be read.
    """
    if path.is_dir():
        return _read_run(RunDirectory(path), columns)
    if not path.exists():
        raise RunError(f"{path} does not exist. Expected a run directory, or a CSV of predictions.")
    table = read_measurements(path)
    asked = {name: _column(name, table.columns, path) for name in columns}
    return Judged(str(path), table.predictions, table.remarks, asked)


def _read_run(run: RunDirectory, columns: Sequence[str]) -> Judged:
    predictions, remarks = _held_out(run)
    asked: dict[str, Mapping[str, Value]] = {}
    known: dict[str, Mapping[str, Value]] = {"fold": {p.scan_id: p.fold for p in predictions}}
    if set(columns) - set(known):
        known.update(manifest_columns(read_manifest(run.manifest).scans))
    for name in columns:
        asked[name] = _column(name, known, run.manifest)
    table = _beside(run, run.baselines, read_baselines, "No baseline stands beside these figures", remarks)
    baselines = {} if table is None else said_by_baselines(table, predictions)
    calibration = _beside(run, run.intervals, read_calibration, "Intervals of single volumes are not judged", remarks)
    level = None if calibration is None else calibration.level
    followed = None
    if run.follow_up.exists() or run.followed.exists():  # where enough patients have several scans
        followed = _beside(run, run.followed, read_followed, "Follow-ups are not judged", remarks)
    return Judged(str(run.path), tuple(predictions), tuple(remarks), asked, baselines, level, followed)


def _beside(run: RunDirectory, path: Path, read: Callable[[Path], T], without: str, remarks: list[str]) -> T | None:
    """A record beside the predictions, which can be judged without it: then a remark says what is not."""
    if not run.expects(path):
        return None
    try:
        return read(path)
    except RunError:
        remarks.append(f"{without}: {path.name} is missing or damaged (VOL100).")
        return None


def said_by_baselines(table: pd.DataFrame, predictions: Sequence[Prediction]) -> dict[str, tuple[Prediction, ...]]:
    """What each baseline of `baselines.csv` said of the scans that the run has predicted."""
    judged = {p.scan_id: p for p in predictions}
    known = [(row, judged[scan_id]) for row, scan_id in enumerate(table["scan_id"]) if scan_id in judged]
    return {
        name: tuple(replace(p, predicted_ml=float(table[name].iloc[row])) for row, p in known)
        for name in table.columns
        if name not in KEYS
    }


def _held_out(run: RunDirectory) -> tuple[list[Prediction], list[str]]:
    """All folds together; of an unfinished run those that are finished, and a remark that says so."""
    if run.predictions.exists():
        return read_predictions(run.predictions), []
    finished = run.finished_folds()
    if not finished:
        raise RunError(
            f"{run.path} holds no predictions: no fold has been trained to its end. Train one first: "
            "`volest train --fold K`, or all with `volest cv`; or is it not the directory of a run?"
        )
    count = read_folds(run.folds).count
    remark = f"{len(finished)} of {count} folds are finished: the patients of the others are not judged yet."
    return [p for fold in finished for p in read_predictions(run.fold(fold).predictions)], [remark]


def manifest_columns(scans: Sequence[Scan]) -> dict[str, Mapping[str, Value]]:
    """Every column by which scans can be told apart, by name: the value of each scan, by scan_id."""
    columns: dict[str, Mapping[str, Value]] = {
        "patient_id": {scan.scan_id: scan.patient_id for scan in scans},
        "volume_ml": {scan.scan_id: scan.volume_ml for scan in scans},
        "acquired_on": {scan.scan_id: scan.acquired_on for scan in scans},
        "device": {scan.scan_id: scan.device for scan in scans},
    }
    for name in dict.fromkeys(name for scan in scans for name in scan.covariates):
        columns[name] = {scan.scan_id: scan.covariates.get(name) for scan in scans}
    return {name: values for name, values in columns.items() if any(v is not None for v in values.values())}


def _column(name: str, known: Mapping[str, Mapping[str, Value]], path: Path) -> Mapping[str, Value]:
    if name not in known:
        raise ConfigError(f"--by {name}: {path} has no such column with values; it has {', '.join(known) or 'none'}.")
    return known[name]
