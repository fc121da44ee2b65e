"""Measures grouped by the person: the unit that folds split and statistics count."""

from collections.abc import Sequence

from volest.audit.measures import ScanMeasures


def by_patient(measures: Sequence[ScanMeasures]) -> dict[str, list[ScanMeasures]]:
    """The scans of each patient, in the order of the table."""
    grouped: dict[str, list[ScanMeasures]] = {}
    for scan in measures:
        grouped.setdefault(scan.scan.patient_id, []).append(scan)
    return grouped
