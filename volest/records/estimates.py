"""Volumes of new scans as a table or as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from volest.errors import ConfigError
from volest.records import atomic


@dataclass(frozen=True)
class EstimateRow:
    """One scan.

    Attributes:
        path: of the scan, as given.
        spread_ml: standard deviation over the folds; None with one fold.
        folds_ml: each fold's volume.
        flags: in words, why to be wary.
    """

    path: str
    volume_ml: float
    spread_ml: float | None
    folds_ml: tuple[float, ...]
    flags: tuple[str, ...]


def require_writable(path: Path) -> None:
    """Raise ConfigError unless the suffix says how to write; asked before the work starts."""
    if path.suffix not in (".csv", ".json"):
        raise ConfigError(f"--out {path}: expected a name that ends in .csv or .json.")


def write_estimates(rows: Sequence[EstimateRow], path: Path) -> None:
    """Write `.json` as a list of objects, `.csv` as a table with folds and flags joined by `;`."""
    require_writable(path)
    if path.suffix == ".json":
        atomic.write_text(path, json.dumps([asdict(row) for row in rows], indent=2, allow_nan=False) + "\n")
        return
    flat = [
        {**asdict(row), "folds_ml": ";".join(f"{ml:.6g}" for ml in row.folds_ml), "flags": ";".join(row.flags)}
        for row in rows
    ]
    with atomic.replacing(path) as temporary:
        pd.DataFrame(flat).to_csv(temporary, index=False, float_format="%.6g")
