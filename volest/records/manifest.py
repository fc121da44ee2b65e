"""`manifest.csv`: a row per scan."""

import difflib
import hashlib
import math
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd

from volest.errors import ManifestError
from volest.records import atomic

REQUIRED = ("scan_id", "patient_id", "path", "volume_ml")
OPTIONAL = ("mask_path", "acquired_on", "device", "sha256")


@dataclass(frozen=True)
class Scan:
    """One raster with its reference.

    Attributes:
        path: absolute.
        volume_ml: the reference.
        covariates: every further column of the table, as text or number.
        sha256: of the scan's file or files; None until `volest index` has read it.
    """

    scan_id: str
    patient_id: str
    path: Path
    volume_ml: float
    mask_path: Path | None = None
    acquired_on: date | None = None
    device: str | None = None
    covariates: Mapping[str, float | str] = field(default_factory=dict)
    sha256: str | None = None


@dataclass(frozen=True)
class Manifest:
    """The scans of a study, in the order of the table."""

    scans: tuple[Scan, ...]

    def __len__(self) -> int:
        return len(self.scans)

    def __iter__(self) -> Iterator[Scan]:
        return iter(self.scans)

    @property
    def patients(self) -> tuple[str, ...]:
        """Each patient once, in the order of the table."""
        return tuple(dict.fromkeys(scan.patient_id for scan in self.scans))

    def of(self, patients: set[str]) -> tuple[Scan, ...]:
        """The scans of these patients."""
        return tuple(scan for scan in self.scans if scan.patient_id in patients)


def read_manifest(path: Path) -> Manifest:
    """Read a table of scans; paths in it are relative to the table.

    Raises:
        ManifestError: no such file, no table, a column missing or misspelt, an empty cell, a scan_id twice, or a
            volume that is no positive number of millilitres. The row's scan_id is named.
    """
    return parse_manifest(read_table(path), path)


def parse_manifest(table: pd.DataFrame, path: Path) -> Manifest:
    """A table of text, read from `path`, to scans.

    Raises:
        ManifestError: as `read_manifest`.
    """
    _require_columns(table, path)
    extra = [name for name in table.columns if name not in (*REQUIRED, *OPTIONAL)]
    rows = (dict(zip(table.columns, row, strict=True)) for row in table.itertuples(index=False))
    scans = tuple(_scan(row, extra, path) for row in rows)
    if not scans:
        raise ManifestError(f"manifest {path}: no rows. Each scan needs a row with {', '.join(REQUIRED)}.")
    twice = [scan_id for scan_id, count in Counter(scan.scan_id for scan in scans).items() if count > 1]
    if twice:
        raise ManifestError(
            f"manifest {path}: scan_id {twice[0]!r} stands in {sum(s.scan_id == twice[0] for s in scans)} rows. "
            "Each scan needs an id of its own; remove the copy or rename it."
        )
    return Manifest(scans)


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Write the table; paths become relative to it where they lie below its folder, else absolute."""
    folder = Path(os.path.normpath(path.absolute().parent))  # as the paths of scans are
    rows = [
        {
            "scan_id": scan.scan_id,
            "patient_id": scan.patient_id,
            "path": _portable(scan.path, folder),
            "volume_ml": f"{scan.volume_ml:.10g}",
            "mask_path": _portable(scan.mask_path, folder),
            "acquired_on": scan.acquired_on.isoformat() if scan.acquired_on else None,
            "device": scan.device,
            **scan.covariates,
            "sha256": scan.sha256,
        }
        for scan in manifest
    ]
    table = pd.DataFrame(rows).dropna(axis="columns", how="all")
    with atomic.replacing(path) as temporary:
        table.to_csv(temporary, index=False)


def file_sha256(*paths: Path) -> str:
    """SHA-256 of a file, in hexadecimal; of several as if they were one."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            hashlib.file_digest(file, lambda: digest)
    return digest.hexdigest()


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV as text, cell by cell.

    Raises:
        ManifestError: no such file, or no CSV.
    """
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, skipinitialspace=True, encoding="utf-8-sig")
    except FileNotFoundError:
        raise ManifestError(
            f"manifest {path} does not exist. Make one with `volest index DIR --labels TABLE`, or name yours with "
            "`--set data.manifest=FILE`."
        ) from None
    except (OSError, ValueError) as error:
        raise ManifestError(f"manifest {path} cannot be read as CSV: {error}") from None


def _require_columns(table: pd.DataFrame, path: Path) -> None:
    present = list(table.columns)
    for name in REQUIRED:
        if name not in present:
            near = difflib.get_close_matches(name, present, n=1)
            hint = f" Did you mean the column {near[0]!r}? Rename it." if near else ""
            raise ManifestError(f"manifest {path}: column {name!r} is missing; it has {', '.join(present)}.{hint}")
    for name in present:
        near = difflib.get_close_matches(name, (*REQUIRED, *OPTIONAL), n=1, cutoff=0.85)
        if near and name != near[0]:
            raise ManifestError(
                f"manifest {path}: unknown column {name!r}; did you mean {near[0]!r}? Rename or remove it."
            )


def _scan(row: dict[str, str], extra: list[str], path: Path) -> Scan:
    scan_id = row["scan_id"].strip()
    for name in REQUIRED:
        if not row[name].strip():
            raise ManifestError(
                f"manifest {path}: scan {scan_id or row['path']!r} has an empty {name}. Fill it or remove the row."
            )
    folder = path.absolute().parent
    mask = row.get("mask_path", "").strip()
    return Scan(
        scan_id=scan_id,
        patient_id=row["patient_id"].strip(),
        path=_absolute(folder, row["path"]),
        volume_ml=_volume_ml(row["volume_ml"], scan_id, path),
        mask_path=_absolute(folder, mask) if mask else None,
        acquired_on=_acquired_on(row.get("acquired_on", "").strip(), scan_id, path),
        device=row.get("device", "").strip() or None,
        covariates={name: _number_or_text(row[name].strip()) for name in extra if row[name].strip()},
        sha256=row.get("sha256", "").strip() or None,
    )


def _volume_ml(text: str, scan_id: str, path: Path) -> float:
    try:
        volume_ml = float(text)
    except ValueError:
        volume_ml = math.nan
    if not (math.isfinite(volume_ml) and volume_ml > 0):
        raise ManifestError(
            f"manifest {path}: scan {scan_id!r} has volume_ml {text!r}; expected a number of millilitres above 0. "
            "Correct it or remove the row."
        )
    return volume_ml


def _acquired_on(text: str, scan_id: str, path: Path) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ManifestError(
            f"manifest {path}: scan {scan_id!r} has acquired_on {text!r}; expected a date as YYYY-MM-DD."
        ) from None


def _number_or_text(text: str) -> float | str:
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def _absolute(folder: Path, text: str) -> Path:
    return Path(os.path.normpath(folder / text.strip()))


def _portable(path: Path | None, folder: Path) -> str | None:
    if path is None:
        return None
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)
