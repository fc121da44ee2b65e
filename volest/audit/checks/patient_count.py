"""VOL081 to VOL083: too few patients for what is asked of them."""

from collections.abc import Iterator, Sequence

from volest.audit.codes import DOMINANT_PATIENT, FEW_FOR_INTERVAL, FEWER_THAN_FOLDS
from volest.audit.measures import ScanMeasures
from volest.audit.patients import by_patient
from volest.records.findings import Finding

FEWEST_FOR_INTERVAL = 20
"""Patients: an interval of 90% ends at the (n + 1) * 0.9th smallest of n errors, which is the largest one below 19."""

LARGEST_SHARE = 1 / 3
"""Of all scans that one patient may hold."""


def check_patient_count(measures: Sequence[ScanMeasures], folds: int) -> Iterator[Finding]:
    """Findings on the number of patients.

    Args:
        measures: of all scans.
        folds: that the configuration asks for.
    """
    patients = by_patient(measures)
    if len(patients) < folds:
        yield FEWER_THAN_FOLDS.finding(
            f"There are {len(patients)} patients for {folds} folds; each fold holds out at least one.",
            figures={"patients": len(patients), "folds": folds},
        )
    if len(patients) < FEWEST_FOR_INTERVAL:
        yield FEW_FOR_INTERVAL.finding(
            f"There are {len(patients)} patients; an interval of 90% needs {FEWEST_FOR_INTERVAL} to rest on more than "
            "the worst of them.",
            figures={"patients": len(patients)},
        )
    for patient, scans in patients.items():
        share = len(scans) / len(measures)
        if len(patients) > 2 and share > LARGEST_SHARE:
            yield DOMINANT_PATIENT.finding(
                f"Patient {patient!r} holds {len(scans)} of {len(measures)} scans.",
                [scan.scan for scan in scans],
                {"share": share},
            )
