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

_MAKE_ONE = "let `volest index DIR --labels TABLE` make a manifest of your table"


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


def parse_manifest(table: pd.DataFrame, path: Path, kind: str = "manifest") -> Manifest:
    """A table of text, read from `path`, to scans; `kind` is what messages call the file.

    Raises:
        ManifestError: as `read_manifest`.
    """
    name = f"{kind} {path}"
    _require_columns(table, name)
    extra = [name for name in table.columns if name not in (*REQUIRED, *OPTIONAL)]
    rows = (dict(zip(table.columns, row, strict=True)) for row in table.itertuples(index=False))
    scans = tuple(_scan(row, extra, path.absolute().parent, name) for row in rows)
    if not scans:
        raise ManifestError(f"{name}: no rows. Each scan needs a row with {', '.join(REQUIRED)}.")
    twice = [scan_id for scan_id, count in Counter(scan.scan_id for scan in scans).items() if count > 1]
    if twice:
        raise ManifestError(
            f"{name}: scan_id {twice[0]!r} stands in {sum(s.scan_id == twice[0] for s in scans)} rows. "
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
        table = pd.read_csv(path, dtype=str, keep_default_na=False, skipinitialspace=True, encoding="utf-8-sig")
    except IsADirectoryError:
        raise ManifestError(f"manifest {path} is a folder. Name the table in it, or {_MAKE_ONE}.") from None
    except UnicodeDecodeError:
        raise ManifestError(
            f"manifest {path} is no text in UTF-8; expected a CSV with a row per scan. Save it as CSV in UTF-8, or "
            f"{_MAKE_ONE}, which reads .xlsx and other encodings too."
        ) from None
    except pd.errors.EmptyDataError:
        raise ManifestError(
            f"manifest {path} is empty. Each scan needs a row with {', '.join(REQUIRED)}; {_MAKE_ONE}."
        ) from None
    except pd.errors.ParserError as error:
        raise ManifestError(
            f"manifest {path}: {' '.join(str(error).partition('error: ')[2].split()) or 'its rows differ in length'}. "
            "A comma within a cell must stand in quotes: put the cell into quotes, or save the table again as CSV."
        ) from None
    except FileNotFoundError:
        raise ManifestError(
            f"manifest {path} does not exist. Make one with `volest index DIR --labels TABLE`, or name yours with "
            "`--set data.manifest=FILE`."
        ) from None
    except (OSError, ValueError) as error:
        raise ManifestError(f"manifest {path} cannot be read as CSV: {error}") from None
    if not isinstance(table.index, pd.RangeIndex):  # pandas takes the cells too many for names of rows
        raise ManifestError(
            f"manifest {path}: its rows have more cells than there are names of columns. Name each column, or remove "
            f"the commas at the end of the rows. Are semicolons between the cells? Then {_MAKE_ONE}."
        )
    return table


def _require_columns(table: pd.DataFrame, told: str) -> None:
    present = list(table.columns)
    for name in REQUIRED:
        if name not in present:
            near = difflib.get_close_matches(name, present, n=1)
            hint = f"Did you mean the column {near[0]!r}? Rename it." if near else f"Add it, or {_MAKE_ONE}."
            raise ManifestError(f"{told}: column {name!r} is missing; it has {', '.join(present)}. {hint}")
    for name in present:
        near = difflib.get_close_matches(name, (*REQUIRED, *OPTIONAL), n=1, cutoff=0.85)
        if near and name != near[0]:
            raise ManifestError(f"{told}: unknown column {name!r}; did you mean {near[0]!r}? Rename or remove it.")


def _scan(row: dict[str, str], extra: list[str], folder: Path, told: str) -> Scan:
    scan_id = row["scan_id"].strip()
    for name in REQUIRED:
        if not row[name].strip():
            raise ManifestError(
                f"{told}: scan {scan_id or row['path']!r} has an empty {name}. Fill it or remove the row."
            )
    mask = row.get("mask_path", "").strip()
    return Scan(
        scan_id=scan_id,
        patient_id=row["patient_id"].strip(),
        path=_absolute(folder, row["path"]),
        volume_ml=_volume_ml(row["volume_ml"], scan_id, told),
        mask_path=_absolute(folder, mask) if mask else None,
        acquired_on=_acquired_on(row.get("acquired_on", "").strip(), scan_id, told),
        device=row.get("device", "").strip() or None,
        covariates={name: _number_or_text(row[name].strip()) for name in extra if row[name].strip()},
        sha256=row.get("sha256", "").strip() or None,
    )


def _volume_ml(text: str, scan_id: str, told: str) -> float:
    try:
        volume_ml = float(text)
    except ValueError:
        volume_ml = math.nan
    if not (math.isfinite(volume_ml) and volume_ml > 0):
        raise ManifestError(
            f"{told}: scan {scan_id!r} has volume_ml {text!r}; expected a number of millilitres above 0. "
            "Correct it or remove the row."
        )
    return volume_ml


def _acquired_on(text: str, scan_id: str, told: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ManifestError(
            f"{told}: scan {scan_id!r} has acquired_on {text!r}; expected a date as YYYY-MM-DD."
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
