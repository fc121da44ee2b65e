"""Volumes of new scans as a table or as JSON."""

import csv
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from volest.errors import ConfigError
from volest.records import atomic


@dataclass(frozen=True)
class Interval:
    """Holds the volumes of a share `level` of new patients."""

    level: float
    low_ml: float
    high_ml: float


@dataclass(frozen=True)
class Estimate:
    """What a run says of one scan.

    Attributes:
        volume_ml: mean of the folds, geometric where they predict logarithms, which is where they were trained; or
            what that and the patient's earlier volume say together.
        folds_ml: each fold's volume.
        flags: in words, why to be wary; empty if nothing was noticed.
        interval: None where nobody has asked for it, or the run cannot honestly give one.
        typicality: share of the held-out patients whose scans are at least as unlike the training scans, this one
            among them; None where the run has not measured it.
        is_cut: whether the structure seems to be cut off at the border: of the interval only the lower end counts then,
            and the volume, an estimate of what is seen, is too small.
        doubts: of the networks about the volume, as shares of it, by `intervals.scaled_by`.
        earlier_ml: of the patient, that `volume_ml` rests on; None where none was used.
        alone_ml: what the networks say without it; of the run's own patients what the one fold says that never saw
            them, beside `folds_ml` and `spread_ml` of all.
        unlike: by what it is unlike them, in words; empty where it is no more so than new patients may be.
    """

    volume_ml: float
    folds_ml: tuple[float, ...]
    flags: tuple[str, ...]
    interval: Interval | None = None
    typicality: float | None = None
    unlike: str = ""
    is_cut: bool = False
    doubts: Mapping[str, float] = field(default_factory=dict)
    earlier_ml: float | None = None
    alone_ml: float | None = None

    @property
    def spread_ml(self) -> float | None:
        """Standard deviation over the folds; None with one fold. It is no interval: folds share most of their scans."""
        return float(np.std(self.folds_ml, ddof=1)) if len(self.folds_ml) > 1 else None

    def flagged(self, *flags: str) -> "Estimate":
        """The same, with more flags."""
        return replace(self, flags=(*self.flags, *flags))


@dataclass(frozen=True)
class EstimateRow:
    """One scan of many.

    Attributes:
        path: of the scan, as given.
        estimate: None where the scan was refused.
        refusal: why, in words; empty where it was not.
    """

    path: str
    estimate: Estimate | None
    refusal: str = ""


def require_writable(path: Path) -> None:
    """Raise ConfigError unless the name says how to write and a folder can hold it; asked before the work starts."""
    if path.suffix not in (".csv", ".json"):
        raise ConfigError(f"--out {path}: expected a name that ends in .csv or .json.")
    if path.is_dir():
        raise ConfigError(f"--out {path} is a folder. Name a file in it.")
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise ConfigError(f"--out {path}: {folder} is no folder that can be written to. Choose another place.")


def write_estimates(rows: Iterable[EstimateRow], path: Path) -> None:
    """Write `.json` as a list of objects, `.csv` as a table with folds and flags joined by `;`; one row at a time."""
    require_writable(path)
    with atomic.replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".json":
            _write_json(map(_flat, rows), file)
        else:
            _write_csv(map(_flat, rows), file)


def _write_json(rows: Iterable[dict[str, Any]], file: TextIO) -> None:
    file.write("[")
    for n, row in enumerate(rows):
        file.write((",\n" if n else "\n") + json.dumps(row, allow_nan=False))
    file.write("\n]\n")


def _write_csv(rows: Iterable[dict[str, Any]], file: TextIO) -> None:
    table = csv.writer(file, lineterminator="\n")
    for n, row in enumerate(rows):
        if not n:
            table.writerow(row)
        table.writerow([_cell(value) for value in row.values()])


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ";".join(map(_cell, value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _flat(row: EstimateRow) -> dict[str, Any]:
    said = row.estimate
    interval = said and said.interval
    return {
        "path": row.path,
        "volume_ml": said and said.volume_ml,
        "low_ml": interval and interval.low_ml,
        "high_ml": None if said and said.is_cut else interval and interval.high_ml,
        "level": interval and interval.level,
        "earlier_ml": said and said.earlier_ml,
        "alone_ml": said and said.alone_ml,
        "spread_ml": said and said.spread_ml,
        "folds_ml": said.folds_ml if said else (),
        "typicality": said and said.typicality,
        "is_lower_bound": said and said.is_cut,
        "flags": said.flags if said else (),
        "refusal": row.refusal,
    }
