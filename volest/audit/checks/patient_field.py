"""VOL050: one patient whose scans cannot all have their true spacing."""

from collections.abc import Iterator, Sequence

import numpy as np

from volest.audit.codes import PATIENT_FIELD
from volest.audit.measures import ScanMeasures
from volest.audit.patients import by_patient
from volest.records.findings import Finding

MOST_APART = 1.8
"""Factor between the edges of one patient's fields of view, as cubes. Spacings that were halved make it 2."""


def check_patient_fields(measures: Sequence[ScanMeasures]) -> Iterator[Finding]:
    """Each scan whose field of view is far from the median of the same patient's others; of two, both."""
    for patient, scans in by_patient(measures).items():
        edges_mm = {id(scan): _edge_mm(scan) for scan in scans if scan.facts is not None}
        read = [scan for scan in scans if id(scan) in edges_mm]
        for scan in read:
            others = [edges_mm[id(other)] for other in read if other is not scan]
            factor = edges_mm[id(scan)] / float(np.median(others)) if others else 1.0
            if not 1 / MOST_APART < factor < MOST_APART:
                yield PATIENT_FIELD.finding(
                    f"Its field of view is {factor:.2g} times as wide as in the {len(others)} other scans of patient "
                    f"{patient!r}.",
                    [scan.scan],
                    {"times_others": factor},
                )


def _edge_mm(scan: ScanMeasures) -> float:
    """Edge of a cube with the volume of the field of view."""
    assert scan.facts is not None
    return float(np.cbrt(1000 * scan.facts.field_of_view_ml))
