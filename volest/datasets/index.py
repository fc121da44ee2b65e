"""From a folder of scans and their labels to a manifest."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from volest.datasets.facts import scan_facts
from volest.datasets.found_scan import FoundScan, describe_files, identified
from volest.datasets.index_report import IndexReport, notes_of, sources_of_columns
from volest.datasets.label_table import LabelRow, LabelTable, locate_masks, locate_rows
from volest.datasets.labels import LabelSources, require_labels
from volest.datasets.masks import MasksBeside, add_masks
from volest.datasets.matching import match_rows, missing_message, some
from volest.datasets.pattern import path_key
from volest.datasets.spreadsheet import read_spreadsheet
from volest.errors import ManifestError, ScanError
from volest.images.formats import find_scans
from volest.progress import Progress, Silent, watch
from volest.records.manifest import Manifest, parse_manifest


def index_scans(
    folder: Path, sources: LabelSources | None = None, progress: Progress | None = None
) -> tuple[Manifest, IndexReport]:
    """Match scans with labels and hash each file.

    Args:
        folder: searched for scans, with its subfolders.
        sources: where the labels stand.
        progress: watches the reading.

    Raises:
        ManifestError: no source of labels, one that cannot be used, sources that contradict each other, or a label
            without a file.
        ScanError: no scan in the folder, or a labelled one, or its mask, cannot be used.
    """
    return _Index(folder, sources or LabelSources(), progress or Silent()).run()


class _Index:
    """One pass over a folder; each step leaves what the report tells."""

    def __init__(self, folder: Path, sources: LabelSources, progress: Progress) -> None:
        self.folder, self.sources, self.progress = folder, sources, progress
        self.notes: list[str] = []
        self.told: list[Mapping[str, str]] = []
        self.missing: tuple[LabelRow, ...] = ()
        self.table: LabelTable | None = None

    def run(self) -> tuple[Manifest, IndexReport]:
        """Read, match, hash."""
        files = find_scans(self.folder)
        if not files:
            raise ScanError(f"{self.folder} holds no scan that can be read. Name the folder that holds the scans.")
        if self.sources.table is not None:
            sheet = read_spreadsheet(self.sources.table, self.sources.sheet)
            self.table = LabelTable.of(sheet, self.sources.columns)
        elif self.sources.columns or self.sources.sheet:
            raise ManifestError("--column and --sheet are of a table, and none was named. Add --labels TABLE.")
        require_labels(self.sources, self.table.columns if self.table else None, self.folder)
        beside = MasksBeside(self.sources.masks, self.folder, files) if self.sources.masks else None
        scans = [file for file in files if beside is None or file not in beside.masks]
        labelled, known, unfit = self._labelled(scans, files)
        if beside is not None:
            labelled, words = add_masks(labelled, beside, self._volume_is_told, self.sources.mask_labels, self.progress)
            self.told.append(words)
        manifest = self._manifest(labelled)
        kept = {scan.path for scan in manifest}
        unlabelled = [scan.path for scan in known if scan.path not in kept]
        return self._reported(manifest, unlabelled, unfit, beside)

    @property
    def _volume_is_told(self) -> bool:
        return any("volume_ml" in one for one in self.told)

    def _labelled(self, scans: list[Path], files: list[Path]) -> tuple[list[FoundScan], list[FoundScan], list[Path]]:
        """Scans with their labels, all scans, and files that do not fit the pattern."""
        if self.table is None:
            known, unfit, told = describe_files(scans, self.folder, self.sources)
            self.told += told
            return known, known, unfit
        rows, words = self.table.rows(self.sources.conventions)
        rows = locate_masks(rows, self.table.folder, files)
        paths, base = locate_rows(rows, (self.table.folder, self.folder.absolute()), files)
        if base not in (None, self.table.folder):
            self.notes.append(f"paths in the table were taken relative to {self.folder}")
        candidates = _candidates(scans, paths, rows)
        known, unfit, told = describe_files(candidates, self.folder, self.sources)
        self.told += [words, *told]
        return list(self._matched(rows, paths, known)), known, unfit

    def _identified(self, scans: Sequence[FoundScan]) -> list[FoundScan]:
        named = identified(scans, self.folder)
        renamed = [scan.columns["scan_id"] for scan, one in zip(named, scans, strict=True) if scan is not one]
        if renamed:
            self.notes.append(f"{len(renamed)} scans share a scan_id; theirs is now their path, such as {renamed[0]!r}")
        return named

    def _matched(
        self, rows: Sequence[LabelRow], paths: Mapping[int, Path], known: list[FoundScan]
    ) -> tuple[FoundScan, ...]:
        assert self.table is not None
        matching = match_rows(rows, paths, known, self.table.sheet)
        if matching.missing and not (self.sources.allow_missing and matching.scans):
            raise ManifestError(missing_message(matching, known, self.table.sheet))
        self.missing = matching.missing
        self.notes += matching.notes
        return matching.scans

    def _with_volume(self, labelled: Sequence[FoundScan]) -> list[FoundScan]:
        """Rows of the table that have a mask where masks give the volume; all of them elsewhere."""
        lacking = [scan.columns["scan_id"] for scan in labelled if "volume_ml" not in scan.columns]
        if lacking and not self.sources.allow_missing:
            raise ManifestError(
                f"labels {self.sources.table}: {len(lacking)} of {len(labelled)} rows have no mask to measure: "
                f"{some([repr(name) for name in lacking])}. Add the masks, or leave these rows out by --allow-missing."
            )
        return [scan for scan in labelled if "volume_ml" in scan.columns]

    def _manifest(self, labelled: Sequence[FoundScan]) -> Manifest:
        """Rows of a table must be whole; files that tell no patient or volume of themselves are left out."""
        whole = self._with_volume(labelled) if self.table else [scan for scan in labelled if _is_whole(scan)]
        if not whole:
            raise ManifestError(
                f"none of {len(labelled)} scans below {self.folder} has both a patient and a volume. "
                "Look at what each source tells, or give a table with --labels."
            )
        rows = [{**scan.columns, "path": str(scan.path)} for scan in self._identified(whole)]
        table = pd.DataFrame(rows, dtype=str).fillna("").drop(columns="sha256", errors="ignore")
        if self.sources.table is None:
            return parse_manifest(table, self.folder, "scans of")
        return parse_manifest(table, self.sources.table, "labels")

    def _reported(
        self, manifest: Manifest, unlabelled: Sequence[Path], unfit: Sequence[Path], beside: MasksBeside | None
    ) -> tuple[Manifest, IndexReport]:
        facts = {scan.scan_id: scan_facts(scan) for scan in watch(manifest.scans, "reading scans", self.progress)}
        by_content: dict[str, list[str]] = {}
        for scan_id, fact in facts.items():
            by_content.setdefault(fact.sha256, []).append(scan_id)
        named = {path.resolve() for scan in manifest for path in (scan.path, scan.mask_path) if path is not None}
        left_out = tuple(path for path in unlabelled if path.resolve() not in named)
        report = IndexReport(
            table=f"{len(self.table.sheet.rows)} rows, {self.table.sheet.how}" if self.table else "",
            columns=sources_of_columns(self.told, manifest),
            notes=(*self.notes, *notes_of(manifest, (*left_out, *unfit), beside is not None)),
            unlabelled=left_out,
            unfit=tuple(unfit),
            rows_without_file=tuple(row.name for row in self.missing),
            masks_without_scan=tuple(mask for mask in (beside.masks if beside else ()) if mask.resolve() not in named),
            repeated=tuple(tuple(scan_ids) for scan_ids in by_content.values() if len(scan_ids) > 1),
            range_ml=(min(scan.volume_ml for scan in manifest), max(scan.volume_ml for scan in manifest)),
            facts=facts,
        )
        return Manifest(tuple(replace(scan, sha256=facts[scan.scan_id].sha256) for scan in manifest)), report


def _candidates(scans: Sequence[Path], paths: Mapping[int, Path], rows: Sequence[LabelRow]) -> list[Path]:
    """Files that can be scans: those below the folder that are no masks, and those that rows name elsewhere."""
    masks = {Path(mask).resolve() for row in rows if (mask := row.columns.get("mask_path"))}
    known = {path_key(scan) for scan in scans}
    elsewhere = {path_key(path): path for path in paths.values() if path_key(path) not in known}
    return [scan for scan in scans if scan.resolve() not in masks] + list(elsewhere.values())


def _is_whole(scan: FoundScan) -> bool:
    return all(scan.columns.get(column) for column in ("patient_id", "volume_ml"))
