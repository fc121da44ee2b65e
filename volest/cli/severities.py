"""Severities on the screen: their colours, and how many findings have each."""

from collections.abc import Sequence

from volest.records.findings import Finding, Severity

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}


def counted(findings: Sequence[Finding]) -> str:
    """`1 error, 0 warnings, 3 notes`."""
    counts = {severity: sum(finding.severity is severity for finding in findings) for severity in Severity}
    return ", ".join(f"{count} {severity.value}{'' if count == 1 else 's'}" for severity, count in counts.items())
