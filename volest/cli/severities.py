"""Severities on the screen: their colours, and how many findings have each."""

from collections.abc import Sequence

from volest.records.findings import Finding, Severity
from volest.wording import counted

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}


def tally(findings: Sequence[Finding]) -> str:
    """`1 error, 0 warnings, 3 notes`."""
    counts = {severity: sum(finding.severity is severity for finding in findings) for severity in Severity}
    return ", ".join(counted(count, severity.value) for severity, count in counts.items())
