"""From a folder of scans and their labels to a manifest."""

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from volest.datasets.facts import ScanFacts, scan_facts
from volest.datasets.labels import HeaderFields, labels_from_headers, labels_from_table
from volest.errors import ManifestError, ScanError
from volest.images.formats import find_scans
from volest.progress import Progress, Silent, watch
from volest.records.manifest import Manifest, parse_manifest


@dataclass(frozen=True)
class IndexReport:
    """What was matched, and what was not.

    Attributes:
        unlabelled: files below the folder that no label names; masks are not counted.
        repeated: scan_ids that share the bytes of one file.
        range_ml: smallest and largest reference.
        facts: of each scan, by scan_id.
    """

    unlabelled: tuple[Path, ...]
    repeated: tuple[tuple[str, ...], ...]
    range_ml: tuple[float, float]
    facts: dict[str, ScanFacts]


def index_scans(
    folder: Path,
    labels: Path | None = None,
    header_fields: HeaderFields | None = None,
    progress: Progress | None = None,
) -> tuple[Manifest, IndexReport]:
    """Match scans with labels and hash each file.

    Args:
        folder: searched for scans, with its subfolders.
        labels: CSV with scan_id, patient_id, volume_ml; `path` (relative to the table), or else the
            file named as its scan_id.
        header_fields: takes the labels from the headers instead.
        progress: watches the hashing.

    Raises:
        ManifestError: not exactly one source of labels, a table that cannot be used, or a label without a file.
        ScanError: no scan in the folder, or a labelled one whose header cannot be used.
    """
    if (labels is None) == (header_fields is None):
        raise ManifestError(
            "labels come either from a table (`--labels TABLE`) or from header fields (`--patient-field NAME "
            f"--volume-field NAME`); got {'neither' if labels is None else 'both'}. Name one of them."
        )
    files = find_scans(folder)
    if not files:
        raise ScanError(f"{folder} holds no scan that can be read. Name the folder that holds the .nrrd files.")
    table = _labels(folder, files, labels, header_fields)
    manifest = parse_manifest(table, labels if labels is not None else folder)
    _require_files(manifest, labels)
    return _hashed(manifest, files, progress or Silent())


def _labels(folder: Path, files: list[Path], labels: Path | None, header_fields: HeaderFields | None) -> pd.DataFrame:
    if header_fields is not None:
        return labels_from_headers(header_fields, files, folder)
    assert labels is not None
    return labels_from_table(labels, files)


def _require_files(manifest: Manifest, labels: Path | None) -> None:
    missing = [scan for scan in manifest if not scan.path.is_file()]
    if missing:
        named = ", ".join(f"{scan.scan_id!r} ({scan.path})" for scan in missing[:5])
        raise ManifestError(
            f"labels {labels}: {len(missing)} of {len(manifest)} scans have no file: {named}. "
            "Paths are relative to the table. Correct them, or remove the rows."
        )


def _hashed(manifest: Manifest, files: list[Path], progress: Progress) -> tuple[Manifest, IndexReport]:
    facts = {scan.scan_id: scan_facts(scan) for scan in watch(manifest.scans, "reading scans", progress)}
    by_content: dict[str, list[str]] = {}
    for scan_id, fact in facts.items():
        by_content.setdefault(fact.sha256, []).append(scan_id)
    named = {path.resolve() for scan in manifest for path in (scan.path, scan.mask_path) if path is not None}
    report = IndexReport(
        unlabelled=tuple(file for file in files if file.resolve() not in named),
        repeated=tuple(tuple(scan_ids) for scan_ids in by_content.values() if len(scan_ids) > 1),
        range_ml=(min(scan.volume_ml for scan in manifest), max(scan.volume_ml for scan in manifest)),
        facts=facts,
    )
    return Manifest(tuple(replace(scan, sha256=facts[scan.scan_id].sha256) for scan in manifest)), report
