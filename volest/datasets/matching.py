"""Which row of a table belongs to which file."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from volest.datasets.columns import missing_column
from volest.datasets.found_scan import FoundScan, merge_columns
from volest.datasets.label_table import LabelRow
from volest.datasets.pattern import path_key
from volest.datasets.spelling import Spelling
from volest.datasets.spreadsheet import Spreadsheet
from volest.errors import ManifestError

MOST_NAMED = 5

_SHARED = ("patient_id", "acquired_on", "device")
"""What finds the file of a row that has neither path nor scan_id."""


@dataclass(frozen=True)
class Matching:
    """Rows with their files.

    Attributes:
        scans: each with the columns of its row.
        missing: rows that no file belongs to.
        notes: what was taken for equal though it is not written so, in words.
    """

    scans: tuple[FoundScan, ...]
    missing: tuple[LabelRow, ...]
    notes: tuple[str, ...]


def match_rows(
    rows: Sequence[LabelRow], paths: Mapping[int, Path], scans: Sequence[FoundScan], sheet: Spreadsheet
) -> Matching:
    """Find the file of each row: by its path, else its scan_id, else the patient, day and device that both tell.

    Args:
        rows: of the table.
        paths: of rows that name their file, by number of the row.
        scans: the files.
        sheet: the table, for messages.

    Raises:
        ManifestError: a row that several files could belong to, a file with two rows, or a row and a file that
            contradict each other.
    """
    spelt = Spelling(scans)
    by_path = {path_key(scan.path): scan for scan in scans} | {str(scan.path): scan for scan in scans}
    found: list[tuple[LabelRow, FoundScan]] = []
    missing: list[LabelRow] = []
    for row in map(spelt.respelt, rows):
        if row.columns.get("path"):
            path = paths.get(row.number)
            candidates: Sequence[FoundScan] = [] if path is None else _named(row, path, by_path, sheet)
        else:
            candidates = _candidates(row, scans, spelt, sheet)
        if not candidates:
            missing.append(row)
            continue
        found.append((row, _only(row, candidates, sheet)))
    _require_one_row_each(found, sheet)
    merged = tuple(_merged(row, scan, sheet) for row, scan in found)
    return Matching(_with_ids_of_their_own(merged, found), tuple(missing), spelt.notes)


def missing_message(matching: Matching, scans: Sequence[FoundScan], sheet: Spreadsheet) -> str:
    """One paragraph on rows without a file."""
    names = [row.columns.get("scan_id", "") for row in matching.missing]
    known = sorted({scan.columns["scan_id"] for scan in scans})
    near = difflib.get_close_matches(names[0], known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else f" Files are named as {known[0]!r}." if known else ""
    missing = some([row.name for row in matching.missing])
    total = len(matching.missing) + len(matching.scans)
    by_path = any(row.columns.get("path") for row in matching.missing)
    rule = (
        "Paths are relative to the table, or else to the folder."
        if by_path
        else "no scan below the folder is named so."
    )
    return (
        f"labels {sheet.path}: {len(matching.missing)} of {total} rows have no file: {missing}; "
        f"{rule}{hint} Correct them, tell by --pattern what paths mean, or leave these rows out by --allow-missing."
    )


def some(names: Sequence[str]) -> str:
    """The first of them, and how many more."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _named(row: LabelRow, path: Path, by_path: Mapping[str, FoundScan], sheet: Spreadsheet) -> Sequence[FoundScan]:
    scan = by_path.get(str(path)) or by_path.get(path_key(path))
    if scan is None:
        raise ManifestError(
            f"labels {sheet.path}: {row.name} names {path}, which is no scan here: it does not fit --pattern, or it is "
            "a mask. Correct the path, or the pattern."
        )
    return [scan]


def _candidates(row: LabelRow, scans: Sequence[FoundScan], spelt: Spelling, sheet: Spreadsheet) -> Sequence[FoundScan]:
    if row.columns.get("scan_id"):
        return spelt.by_id.get(row.columns["scan_id"], [])
    shared = [
        column for column in _SHARED if row.columns.get(column) and any(scan.columns.get(column) for scan in scans)
    ]
    if not shared:
        raise ManifestError(
            f"{missing_column('scan_id', list(row.columns), f'labels {sheet.path}')} It finds the file of {row.name}: "
            "add it or a `path`, or tell by --pattern the patient and the date of each file."
            if "scan_id" not in row.columns
            else f"labels {sheet.path}: {row.name} has an empty scan_id. Fill it, or remove the row."
        )
    return [scan for scan in scans if all(scan.columns.get(column) == row.columns[column] for column in shared)]


def _only(row: LabelRow, candidates: Sequence[FoundScan], sheet: Spreadsheet) -> FoundScan:
    if len(candidates) > 1:
        agreeing = [scan for scan in candidates if _agree(row.columns, scan.columns)]
        candidates = agreeing or candidates
    if len(candidates) > 1:
        one, other = sorted(scan.path for scan in candidates)[:2]
        raise ManifestError(
            f"labels {sheet.path}: {row.name} could be {one} or {other}. Add a `path` column that says which, or tell "
            "by --pattern what sets them apart, such as {patient} or {date}."
        )
    return candidates[0]


def _agree(row: Mapping[str, str], scan: Mapping[str, str]) -> bool:
    both = (row.keys() & scan.keys()) - {"path", "mask_path"}
    return all(row[column] == scan[column] for column in both if row[column] and scan[column])


def _require_one_row_each(found: Sequence[tuple[LabelRow, FoundScan]], sheet: Spreadsheet) -> None:
    first: dict[Path, LabelRow] = {}
    for row, scan in found:
        one = first.setdefault(scan.path, row)
        if one is not row:
            raise ManifestError(
                f"labels {sheet.path}: {one.name} and {row.name} are both of {scan.path}. "
                "Each scan needs one row; remove the other, or tell by --pattern what sets its files apart."
            )


def _merged(row: LabelRow, scan: FoundScan, sheet: Spreadsheet) -> FoundScan:
    own = dict(scan.columns)
    if row.columns.get("path") and row.columns.get("scan_id"):
        own["scan_id"] = row.columns["scan_id"]  # the path has found it; the table names it as it likes
    told = {column: text for column, text in row.columns.items() if column != "path"}
    return replace(scan, columns=merge_columns(own, told, f"labels {sheet.path}: {row.name}", "table and file"))


def _with_ids_of_their_own(
    merged: tuple[FoundScan, ...], found: Sequence[tuple[LabelRow, FoundScan]]
) -> tuple[FoundScan, ...]:
    """A scan_id that the table itself gives to two paths is its fault to mend."""
    by_id: dict[str, LabelRow] = {}
    for row, scan in zip((row for row, _ in found), merged, strict=True):
        one = by_id.setdefault(scan.columns["scan_id"], row)
        if one is not row and (row.columns.get("path") or one.columns.get("path")):
            raise ManifestError(
                f"scan_id {scan.columns['scan_id']!r} stands in {one.name} and {row.name}. "
                "Each scan needs an id of its own; remove the copy or rename it."
            )
    return merged
