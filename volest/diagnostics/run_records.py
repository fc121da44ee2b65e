"""Everything that a run has left behind, read once; what cannot be read is told, and never ends the reading."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from volest.config import Config, load_recorded_config
from volest.errors import RunError, VolestError
from volest.records.baselines import read_baselines
from volest.records.controls import ControlsRecord, read_controls
from volest.records.folds import TEST
from volest.records.follow_up import read_follow_up, read_followed
from volest.records.headers import HeaderRow, read_headers
from volest.records.history import COLUMNS, read_history
from volest.records.image_quality import QualityRow, read_image_quality
from volest.records.intervals import read_calibration
from volest.records.manifest import Manifest, Scan, read_manifest
from volest.records.metrics import Metrics, read_metrics
from volest.records.model import ModelRecord, read_model_record
from volest.records.near_copies import NearCopy, read_near_copies
from volest.records.novelty import read_novelty
from volest.records.predictions import Prediction, read_predictions
from volest.records.refusal import read_refusal
from volest.records.run import RunDirectory

T = TypeVar("T")

_HELD_OUT = {"scan_id": str, "patient_id": str, "fold": int, "predicted_ml": float, "reference_ml": float}


@dataclass(frozen=True)
class RunRecords:
    """One run.

    Attributes:
        directory: where it lies.
        config: None where it cannot be read.
        scans: of the manifest, by scan_id.
        fold_rows: of `folds.csv` as it stands: patient_id, and the fold as text.
        held_out: scan_id, patient_id, fold, predicted_ml, reference_ml of each held-out scan with finite numbers and a
            reference above zero, and error_ml, error_percent (of predicted minus reference).
        not_finite: held-out scans without such numbers.
        histories: curves by fold, a row an epoch, every column of the record there; only with at least one row.
        models: by fold.
        baselines: scan_id and a column for each baseline, in mL; None in runs that did not record it.
        headers: by scan_id; empty in runs that did not record it.
        qualities: of the images, by scan_id; empty in runs that did not record it.
        near_copies: pairs of scans that look like one; None in runs that did not record it.
        controls: what control experiments showed, a record for each fold that has any.
        problems: why a record could not be read, by its name.
        lost: names of those without which a fold that was finished counts as unfinished.
    """

    directory: RunDirectory
    config: Config | None = None
    scans: Mapping[str, Scan] = field(default_factory=dict)
    fold_rows: tuple[tuple[str, str], ...] = ()
    held_out: pd.DataFrame = field(default_factory=pd.DataFrame)
    not_finite: tuple[str, ...] = ()
    histories: Mapping[int, pd.DataFrame] = field(default_factory=dict)
    models: Mapping[int, ModelRecord] = field(default_factory=dict)
    metrics: Metrics | None = None
    baselines: pd.DataFrame | None = None
    headers: Mapping[str, HeaderRow] = field(default_factory=dict)
    qualities: Mapping[str, QualityRow] = field(default_factory=dict)
    near_copies: tuple[NearCopy, ...] | None = None
    controls: tuple[ControlsRecord, ...] = ()
    problems: Mapping[str, str] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()

    @property
    def ended(self) -> dict[int, pd.DataFrame]:
        """Curves of the folds whose training went to its end; without a configuration, as far as the longest went."""
        longest = max(map(len, self.histories.values()), default=0)
        epochs = self.config.training.epochs if self.config else longest
        return {fold: history for fold, history in self.histories.items() if len(history) >= epochs}

    @property
    def patients(self) -> int:
        """Patients that were held out."""
        return int(self.held_out["patient_id"].nunique())

    def of_fold(self, fold: int) -> pd.DataFrame:
        """The held-out scans of one fold."""
        return self.held_out[self.held_out["fold"] == fold]

    def training_scans(self, fold: int) -> list[Scan]:
        """The scans that trained the network of `fold`, as `folds.csv` has it."""
        training = {patient for patient, part in self.fold_rows if part not in (str(fold), TEST)}
        return [scan for scan in self.scans.values() if scan.patient_id in training]


def read_run_records(path: Path) -> RunRecords:
    """Read what is there.

    Raises:
        RunError: `path` is no directory of a run at all.
    """
    directory = RunDirectory(path)
    folds = _fold_numbers(path)
    if not (directory.config.exists() or directory.predictions.exists() or folds):
        raise RunError(
            f"{path} is no run: expected a directory with config.yaml and fold_0, fold_1, ... as `volest train` and "
            "`volest cv` write it."
        )
    reading = _Reading(path)
    manifest = reading(directory.manifest, read_manifest, Manifest(()))
    held_out, not_finite = _held_out(_predictions(directory, folds, reading))
    _try_what_new_scans_need(directory, reading)
    lost = {p.relative_to(path).as_posix() for p in directory.lost(map(int, held_out["fold"].unique()))}
    return RunRecords(
        directory=directory,
        config=reading(directory.config, load_recorded_config, None),
        scans={scan.scan_id: scan for scan in manifest},
        fold_rows=reading(directory.folds, _fold_rows, ()),
        held_out=held_out,
        not_finite=not_finite,
        histories=_present({k: reading(directory.fold(k).history, _history, None) for k in folds}),
        models=_present({k: reading(directory.fold(k).model_json, read_model_record, None) for k in folds}),
        metrics=reading(directory.metrics, read_metrics, None),
        baselines=reading(directory.baselines, read_baselines, None),
        headers=reading(directory.headers, read_headers, {}),
        qualities=reading(directory.image_quality, read_image_quality, {}),
        near_copies=reading(directory.near_copies, read_near_copies, None),
        controls=_controls(path, reading),
        problems={**dict.fromkeys(lost, "it does not exist"), **reading.problems},
        lost=frozenset(lost),
    )


class _Reading:
    """Reads record after record and keeps the reasons where one cannot be read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: dict[str, str] = {}

    def __call__(self, path: Path, read: Callable[[Path], T], otherwise: T) -> T:
        try:
            return read(path)
        except (VolestError, OSError) as error:
            self.problems[path.relative_to(self.folder).as_posix()] = str(error)
            return otherwise

    def try_out(self, path: Path, read: Callable[[Path], object]) -> None:
        """Only to know that it can be read."""
        self(path, read, None)


def _present(records: Mapping[int, T | None]) -> dict[int, T]:
    return {fold: record for fold, record in records.items() if record is not None}


def _fold_numbers(path: Path) -> list[int]:
    names = [folder.name.removeprefix("fold_") for folder in path.glob("fold_*") if folder.is_dir()]
    return sorted(int(name) for name in names if name.isdecimal())


def _controls(path: Path, reading: "_Reading") -> tuple[ControlsRecord, ...]:
    """Most runs have none, and miss nothing by it."""
    records = (reading(verdicts, read_controls, None) for verdicts in sorted(path.glob("controls/*/verdicts.json")))
    return tuple(record for record in records if record is not None)


def _fold_rows(path: Path) -> tuple[tuple[str, str], ...]:
    """Without the rules of `read_folds`: a patient in two parts is what a check looks for."""
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        return tuple(zip(table["patient_id"].str.strip(), table["fold"].str.strip(), strict=True))
    except FileNotFoundError:
        raise RunError(f"{path} does not exist.") from None
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise RunError(f"{path} is damaged: expected the columns patient_id and fold ({error}).") from None


def _history(path: Path) -> pd.DataFrame:
    table = read_history(path).reindex(columns=list(COLUMNS)).apply(pd.to_numeric, errors="coerce")
    if table.empty:
        raise RunError(f"{path} holds no epoch yet.")
    return table.astype(float)


def _predictions(directory: RunDirectory, folds: list[int], reading: _Reading) -> list[Prediction]:
    """Of the run, or of its folds where it was not judged as a whole; a fold's are read to know that they can be."""
    together = reading(directory.predictions, read_predictions, _nothing())
    by_fold = [reading(directory.fold(fold).predictions, read_predictions, _nothing()) for fold in folds]
    return together or [prediction for of_fold in by_fold for prediction in of_fold]


def _try_what_new_scans_need(directory: RunDirectory, reading: _Reading) -> None:
    """What no check asks for, and predictions and the report do: intervals, and how unusual a scan is.

    Where one fold has measured how unusual its scans are, all have; earlier versions did not.
    """
    reading.try_out(directory.intervals, read_calibration)
    if directory.follow_up.exists() or directory.followed.exists():  # where patients have several scans
        reading.try_out(directory.follow_up, read_follow_up)
        reading.try_out(directory.followed, read_followed)
    tables = [directory.fold(fold).novelty for fold in directory.finished_folds()]
    if any(table.exists() for table in tables):
        for table in tables:
            reading.try_out(table, read_novelty)
    is_measured = bool(tables) and all(table.exists() for table in tables)
    if directory.refusal.exists() or (is_measured and directory.expects(directory.refusal)):
        reading.try_out(directory.refusal, read_refusal)


def _nothing() -> list[Prediction]:
    return []


def _held_out(predictions: list[Prediction]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    sound, unsound = [], []
    for p in predictions:
        if p.fold is None:
            continue  # a scan of the locked test set was held out by no fold
        numbers = np.array([p.predicted_ml, p.reference_ml], dtype=float)
        if np.isfinite(numbers).all() and p.reference_ml > 0:
            sound.append((p.scan_id, p.patient_id, int(p.fold), p.predicted_ml, p.reference_ml))
        else:
            unsound.append(p.scan_id)
    table = pd.DataFrame(sound, columns=list(_HELD_OUT)).astype(_HELD_OUT)
    table["error_ml"] = table["predicted_ml"] - table["reference_ml"]
    table["error_percent"] = 100 * table["error_ml"] / table["reference_ml"]
    return table, tuple(unsound)
