"""Where labels come from: a table beside the scans, or fields in the headers of the scans."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from volest.errors import ManifestError
from volest.images.formats import read_header, scan_stem
from volest.records.manifest import read_table


@dataclass(frozen=True)
class HeaderFields:
    """Names of the header fields that hold the labels.

    Attributes:
        patient: field of the patient_id.
        volume: field of the volume in mL.
        covariates: further fields, each a column of the manifest.
    """

    patient: str
    volume: str
    covariates: tuple[str, ...] = ()


def labels_from_table(labels: Path, files: Iterable[Path]) -> pd.DataFrame:
    """Read a table whose `path` may be missing or empty; a scan is then the file named as its scan_id.

    Args:
        labels: CSV with scan_id, patient_id, volume_ml and any further columns.
        files: the scans on disk.

    Returns:
        The table as text, each path filled and relative to the table or absolute.

    Raises:
        ManifestError: no such table, no scan_id to search by, or a scan_id that names no file or several.
    """
    table = read_table(labels)
    paths = table["path"] if "path" in table else pd.Series("", index=table.index)
    unnamed = paths.str.strip() == ""
    if unnamed.any():
        if "scan_id" not in table:
            raise ManifestError(
                f"labels {labels}: column 'scan_id' is missing; it has {', '.join(table.columns)}. "
                "It finds the file of each row: add it, or give a `path`."
            )
        candidates = _without_masks(files, table, labels)
        found = _files_of(table.loc[unnamed, "scan_id"].str.strip(), candidates, labels)
        table["path"] = paths.where(~unnamed, table["scan_id"].str.strip().map(found))
    return table


def labels_from_headers(names: HeaderFields, files: Iterable[Path], folder: Path) -> pd.DataFrame:
    """Read patient and volume from the header of each scan.

    Returns:
        A table as text; files whose header lacks the patient or the volume are left out.

    Raises:
        ManifestError: no file has both fields.
        ScanError: a header that cannot be read.
    """
    rows: list[dict[str, str]] = []
    seen: set[str] = set()
    files = list(files)
    for file in files:
        fields = read_header(file).fields
        seen.update(fields)
        if fields.get(names.patient, "").strip() and fields.get(names.volume, "").strip():
            rows.append(_row(names, fields, file))
    if not rows:
        raise ManifestError(
            f"{folder}: none of {len(files)} scans has both header fields {names.patient!r} and {names.volume!r}. "
            f"Fields found: {', '.join(sorted(seen)) or 'none'}. Name the right ones, or give a table with `--labels`."
        )
    table = pd.DataFrame(rows, dtype=str).fillna("")
    repeated = table["scan_id"].duplicated(keep=False)
    below = [Path(path).relative_to(folder.absolute()).parent.as_posix() for path in table["path"]]
    table["scan_id"] = table["scan_id"].where(~repeated, pd.Series(below) + "/" + table["scan_id"])
    return table


def _row(names: HeaderFields, fields: Mapping[str, str], file: Path) -> dict[str, str]:
    row = {
        "scan_id": scan_stem(file),
        "patient_id": fields[names.patient],
        "path": str(file.absolute()),
        "volume_ml": fields[names.volume],
    }
    return row | {name: fields[name] for name in names.covariates if name in fields}


def _without_masks(files: Iterable[Path], table: pd.DataFrame, labels: Path) -> list[Path]:
    masks = table["mask_path"].str.strip() if "mask_path" in table else pd.Series(dtype=str)
    taken = {(labels.absolute().parent / mask).resolve() for mask in masks if mask}
    return [file for file in files if file.resolve() not in taken]


def _files_of(scan_ids: Iterable[str], files: Iterable[Path], labels: Path) -> dict[str, str]:
    by_stem: dict[str, list[Path]] = {}
    for file in files:
        by_stem.setdefault(scan_stem(file), []).append(file)
    scan_ids = list(scan_ids)
    missing = [scan_id for scan_id in scan_ids if scan_id not in by_stem]
    if missing:
        raise ManifestError(
            f"labels {labels}: no scan below the folder is named as scan_id {_some(missing)}. "
            "Rename the files, add a `path` column, or remove the rows."
        )
    for scan_id in scan_ids:
        if len(by_stem[scan_id]) > 1:
            one, other = sorted(by_stem[scan_id])[:2]
            raise ManifestError(
                f"labels {labels}: scan_id {scan_id!r} could be {one} or {other}. Add a `path` column that says which."
            )
    return {scan_id: str(by_stem[scan_id][0].absolute()) for scan_id in scan_ids}


def _some(names: list[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(repr(name) for name in names[:most]) + more
