"""`check.html`: what the audit found, and a look at every scan."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from volest.audit.measures import ScanMeasures
from volest.records import atomic
from volest.records.findings import Finding, Severity
from volest.report.finding_group import FindingGroup, group_findings
from volest.report.page import render_page
from volest.report.scan_row import ScanRow, scan_row


@dataclass(frozen=True)
class Summary:
    """The manifest in a line, and how many findings there are of each severity."""

    scans: int
    patients: int
    lowest_ml: float
    median_ml: float
    highest_ml: float
    findings: dict[str, int]


def write_check_page(measures: Sequence[ScanMeasures], findings: Sequence[Finding], path: Path) -> None:
    """Write the page of an audit: one file that needs no network, no folder beside it and no server.

    Args:
        measures: of every scan, in the order of the manifest.
        findings: in any order; shown worst first.
        path: of the page, replaced in one step.
    """
    rows = [scan_row(measured, findings, place) for place, measured in enumerate(measures)]
    groups = group_findings(findings, measures)
    atomic.write_text(path, _render(_summary(measures, findings), groups, rows))


def _render(summary: Summary, groups: Sequence[FindingGroup], rows: Sequence[ScanRow]) -> str:
    patients = sorted({row.patient_id for row in rows})
    severities = [severity.value for severity in Severity]
    return render_page(
        "check.html",
        "check.js",
        summary=summary,
        groups=groups,
        rows=rows,
        patients=patients,
        severities=severities,
    )


def _summary(measures: Sequence[ScanMeasures], findings: Sequence[Finding]) -> Summary:
    volumes_ml = [measured.scan.volume_ml for measured in measures]
    return Summary(
        scans=len(measures),
        patients=len({measured.scan.patient_id for measured in measures}),
        lowest_ml=min(volumes_ml),
        median_ml=median(volumes_ml),
        highest_ml=max(volumes_ml),
        findings={level.value: sum(finding.severity is level for finding in findings) for level in Severity},
    )
