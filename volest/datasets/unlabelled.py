"""Scans without a volume, for pretraining: a folder of them, a pattern, or a table."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from volest.errors import ManifestError
from volest.images.formats import find_scans, scan_stem
from volest.records.manifest import read_table

WILDCARDS = frozenset("*?[")


@dataclass(frozen=True)
class UnlabelledScan:
    """One raster without a reference.

    Attributes:
        patient_id: None where nobody told.
        path: absolute.
    """

    scan_id: str
    patient_id: str | None
    path: Path


def find_unlabelled(source: Path) -> tuple[UnlabelledScan, ...]:
    """The scans that `source` names: those below a folder, those of a table, or those that fit a pattern.

    A table needs the column `path`, relative to the table; `scan_id` and `patient_id` where they are known.

    Raises:
        ManifestError: there is no such folder or table, no scan in it, a cell is empty, or a scan_id stands twice.
        ScanError: as `find_scans`.
    """
    if source.is_dir():
        scans = [_of_file(path, source) for path in find_scans(source)]
    elif WILDCARDS & set(str(source)):
        folder = _fixed_part(source)
        paths = sorted(path for path in folder.glob(str(source.relative_to(folder))) if path.is_file())
        scans = [_of_file(path, folder) for path in paths]
    else:
        scans = _of_table(source)
    if not scans:
        raise ManifestError(
            f"data.unlabelled {source} names no scan. Expected a folder of scans, a table with the column path, or a "
            "pattern such as scans/**/*.nrrd."
        )
    _require_own_ids(scans, source)
    return tuple(scans)


def _of_file(path: Path, folder: Path) -> UnlabelledScan:
    """Named by its place below `folder`, as names alone are often alike."""
    below = path.relative_to(folder)
    return UnlabelledScan(below.with_name(scan_stem(below)).as_posix(), None, _absolute(path))


def _of_table(table: Path) -> list[UnlabelledScan]:
    rows = read_table(table)
    if "path" not in rows:
        raise ManifestError(
            f"data.unlabelled {table}: column 'path' is missing; it has {', '.join(rows.columns)}. Name the file of "
            "each scan in it."
        )
    scans = []
    for number, row in enumerate(rows.to_dict("records"), start=1):
        text = str(row["path"]).strip()
        if not text:
            raise ManifestError(f"data.unlabelled {table}: row {number} has an empty path. Fill it or remove the row.")
        named = str(row.get("scan_id", "")).strip() or scan_stem(Path(text))
        patient = str(row.get("patient_id", "")).strip() or None
        scans.append(UnlabelledScan(named, patient, _absolute(table.parent / text)))
    return scans


def _fixed_part(pattern: Path) -> Path:
    """The folder above the first wildcard."""
    wild = next(n for n, part in enumerate(pattern.parts) if WILDCARDS & set(part))
    return Path(*pattern.parts[:wild])


def _absolute(path: Path) -> Path:
    return Path(os.path.normpath(path.absolute()))


def _require_own_ids(scans: Sequence[UnlabelledScan], source: Path) -> None:
    seen: dict[str, Path] = {}
    for scan in scans:
        if scan.scan_id in seen:
            raise ManifestError(
                f"data.unlabelled {source}: scan_id {scan.scan_id!r} names both {seen[scan.scan_id]} and {scan.path}. "
                "Each scan needs an id of its own."
            )
        seen[scan.scan_id] = scan.path
