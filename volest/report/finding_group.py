"""Findings of one kind, told together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from volest.audit.measures import ScanMeasures
from volest.records.findings import Finding, worst_first


@dataclass(frozen=True)
class ToldFinding:
    """A sentence and the scans it speaks of.

    Attributes:
        remedy: empty where the group's remedy holds.
    """

    sentence: str
    remedy: str
    scan_ids: tuple[str, ...]


@dataclass(frozen=True)
class FindingGroup:
    """Every finding of one code and severity.

    Attributes:
        remedy: of all of them; empty where they differ.
        scans: how many scans of the page are concerned.
    """

    code: str
    severity: str
    remedy: str
    findings: tuple[ToldFinding, ...]
    scans: int


def concerned(finding: Finding, measures: Iterable[ScanMeasures]) -> tuple[str, ...]:
    """The scans a finding speaks of: those it names, else all of the patients it names; none where it names neither."""
    if finding.scan_ids:
        return finding.scan_ids
    return tuple(m.scan.scan_id for m in measures if m.scan.patient_id in finding.patient_ids)


def group_findings(findings: Iterable[Finding], measures: Sequence[ScanMeasures]) -> list[FindingGroup]:
    """Findings by severity and code, worst first."""
    groups = groupby(worst_first(findings), key=lambda finding: (finding.severity, finding.code))
    return [_group(code, severity.value, list(alike), measures) for (severity, code), alike in groups]


def _group(code: str, severity: str, alike: Sequence[Finding], measures: Sequence[ScanMeasures]) -> FindingGroup:
    shared = alike[0].remedy if len({finding.remedy for finding in alike}) == 1 else ""
    told = tuple(
        ToldFinding(finding.sentence, "" if shared else finding.remedy, concerned(finding, measures))
        for finding in alike
    )
    return FindingGroup(code, severity, shared, told, len({scan_id for one in told for scan_id in one.scan_ids}))
