"""A manifest with those faults mended that leave no doubt; no scan is ever changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from volest.audit.checks.copies import have_one_reference, same_voxels
from volest.audit.measures import ScanMeasures
from volest.geometry import CUBIC_MM_PER_ML
from volest.records.manifest import Manifest, Scan

NEAR_FACTOR = 0.10
"""How near the factor of label and mask must come to 1000."""


@dataclass(frozen=True)
class Change:
    """One change of one row, in words."""

    scan_id: str
    sentence: str


def mended_path(manifest: Path) -> Path:
    """Beside the manifest, so that its relative paths hold: `manifest.csv` becomes `manifest.fixed.csv`."""
    return manifest.with_name(f"{manifest.stem}.fixed{manifest.suffix or '.csv'}")


def mend(measures: Sequence[ScanMeasures]) -> tuple[Manifest, list[Change]]:
    """The rows with what can be mended: units of labels, copies, masks that do not exist, hashes that are missing.

    A label in mm^3 is divided by 1000 where its mask says so, or where it is larger than the field of view and a
    thousandth of it lies among the other labels. Of rows with the same voxels, patient and reference the first is
    kept. Where two of them disagree, nobody can tell which is right, and both stay.
    """
    changes: list[Change] = []
    repeated = {scan.scan.scan_id: group[0].scan.scan_id for group in _true_copies(measures) for scan in group[1:]}
    scans = []
    for scan in measures:
        if scan.scan.scan_id in repeated:
            sentence = f"dropped: it has the voxels, patient and reference of {repeated[scan.scan.scan_id]!r}"
            changes.append(Change(scan.scan.scan_id, sentence))
            continue
        row = scan.scan
        for mended, sentence in _mended_fields(scan, row, measures):
            row = replace(row, **mended)
            changes.append(Change(row.scan_id, sentence))
        scans.append(row)
    return Manifest(tuple(scans)), changes


def _mended_fields(
    scan: ScanMeasures, row: Scan, measures: Sequence[ScanMeasures]
) -> Iterator[tuple[dict[str, Any], str]]:
    if (proof := _proof_of_cubic_mm(scan, measures)) is not None:
        volume_ml = row.volume_ml / CUBIC_MM_PER_ML
        yield {"volume_ml": volume_ml}, f"volume_ml {row.volume_ml:g} mm^3 is now {volume_ml:g} mL: {proof}"
    if scan.mask is not None and scan.mask.missing:
        yield {"mask_path": None}, f"mask_path emptied: {row.mask_path} does not exist"
    if row.sha256 is None and scan.facts is not None:
        yield {"sha256": scan.facts.sha256}, "sha256 filled in"


def _proof_of_cubic_mm(scan: ScanMeasures, measures: Sequence[ScanMeasures]) -> str | None:
    """Why the label must be in mm^3; None where it need not be."""
    volume_ml = scan.scan.volume_ml
    if scan.mask is not None and scan.mask.same_grid and scan.mask.volume_ml > 0:
        factor = volume_ml / scan.mask.volume_ml
        near = abs(factor / CUBIC_MM_PER_ML - 1) <= NEAR_FACTOR
        return f"its mask holds {scan.mask.volume_ml:.4g} mL" if near else None
    if scan.facts is None or volume_ml < scan.facts.field_of_view_ml:
        return None
    others_ml = [
        other.scan.volume_ml
        for other in measures
        if other is not scan and other.facts is not None and other.scan.volume_ml < other.facts.field_of_view_ml
    ]
    if len(others_ml) < len(measures) / 2:
        return None
    low, high = float(np.min(others_ml)), float(np.max(others_ml))
    if not low <= volume_ml / CUBIC_MM_PER_ML <= high:
        return None
    return f"it was larger than the field of view, and {len(others_ml)} others lie between {low:g} and {high:g} mL"


def _true_copies(measures: Sequence[ScanMeasures]) -> Iterator[list[ScanMeasures]]:
    """Groups of one content, patient and reference."""
    for group in same_voxels(measures):
        for patient in dict.fromkeys(scan.scan.patient_id for scan in group):
            own = [scan for scan in group if scan.scan.patient_id == patient]
            if len(own) > 1 and have_one_reference(own):
                yield own
