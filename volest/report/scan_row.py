"""One scan as a row of a page."""

from collections.abc import Sequence
from dataclasses import dataclass

from volest.audit.measures import ScanMeasures
from volest.records.findings import Finding, Severity
from volest.report.figures import by_axis
from volest.report.thumbnail import ScaleBar, Thumbnail, draw_planes

RANK = {Severity.ERROR: 3, Severity.WARNING: 2, Severity.NOTE: 1}
"""Order of rows by their worst finding; a row without one has 0."""

SPOKEN_SCANS = 2
"""A finding about at most so many scans is told in their rows; a longer one would repeat itself down the page."""


@dataclass(frozen=True)
class Chip:
    """A finding, as small as it gets.

    Attributes:
        told: whether the row also shows the sentence.
    """

    code: str
    severity: str
    sentence: str
    told: bool


@dataclass(frozen=True)
class ScanRow:
    """What the page shows of a scan; `place` is its row in the manifest, from 0.

    Attributes:
        spacing: in mm along i, j, k, as text; empty, as `shape`, where the header could not be read.
        fault: why the scan could not be read.
        bar: None where there is no thumbnail.
    """

    place: int
    scan_id: str
    patient_id: str
    file_name: str
    volume_ml: float
    device: str | None
    spacing: str
    shape: str
    field_of_view_ml: float | None
    thumbnails: tuple[Thumbnail, ...]
    bar: ScaleBar | None
    fault: str | None
    chips: tuple[Chip, ...]
    rank: int


def scan_row(measured: ScanMeasures, findings: Sequence[Finding], place: int) -> ScanRow:
    """The row of one scan.

    Args:
        measured: the scan as the audit saw it.
        findings: of the whole audit.
        place: row in the manifest, from 0.
    """
    scan, facts = measured.scan, measured.facts
    thumbnails, bar = draw_planes(measured.planes) if measured.planes else ((), None)
    own = [finding for finding in findings if _concerns(finding, scan.scan_id, scan.patient_id)]
    return ScanRow(
        place=place,
        scan_id=scan.scan_id,
        patient_id=scan.patient_id,
        file_name=scan.path.name,
        volume_ml=scan.volume_ml,
        device=scan.device,
        spacing=by_axis(facts.spacing_mm) if facts else "",
        shape=by_axis(facts.shape) if facts else "",
        field_of_view_ml=facts.field_of_view_ml if facts else None,
        thumbnails=thumbnails,
        bar=bar,
        fault=measured.fault,
        chips=_chips(own),
        rank=max((RANK[finding.severity] for finding in own), default=0),
    )


def _concerns(finding: Finding, scan_id: str, patient_id: str) -> bool:
    return scan_id in finding.scan_ids if finding.scan_ids else patient_id in finding.patient_ids


def _chips(own: Sequence[Finding]) -> tuple[Chip, ...]:
    """Worst first; a code stands once, with all its sentences."""
    by_code: dict[tuple[int, str], list[Finding]] = {}
    for finding in own:
        by_code.setdefault((-RANK[finding.severity], finding.code), []).append(finding)
    return tuple(
        Chip(
            code=code,
            severity=alike[0].severity.value,
            sentence=" ".join(finding.sentence for finding in alike),
            told=all(0 < len(finding.scan_ids) <= SPOKEN_SCANS for finding in alike),
        )
        for (_, code), alike in sorted(by_code.items())
    )
