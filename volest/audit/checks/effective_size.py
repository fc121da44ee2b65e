"""VOL080: how many scans the scans are worth."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from volest.audit.codes import EFFECTIVE_SIZE
from volest.audit.measures import ScanMeasures
from volest.evaluation.effective_number import effective_number
from volest.evaluation.variance_components import variance_components
from volest.records.findings import Finding


def check_effective_size(measures: Sequence[ScanMeasures]) -> Iterator[Finding]:
    """One note where patients have several scans: variance between and within them, ICC(1), effective number."""
    patients = [scan.scan.patient_id for scan in measures]
    counts = Counter(patients)
    if not 2 <= len(counts) < len(patients):
        return
    _, patient_of_scan = np.unique(patients, return_inverse=True)
    parts = variance_components(np.array([scan.scan.volume_ml for scan in measures], dtype=float), patient_of_scan)
    variance = parts.between + parts.within
    icc = parts.between / variance if variance > 0 else 1.0
    effective = effective_number(counts.values(), icc)
    yield EFFECTIVE_SIZE.finding(
        f"{len(patients)} scans of {len(counts)} patients are worth about {effective:.0f} independent ones: SD between "
        f"patients {math.sqrt(parts.between):.3g} mL, within {math.sqrt(parts.within):.3g} mL, ICC(1) {icc:.2f}.",
        figures={
            "icc1": icc,
            "effective_scans": effective,
            "between_patients_sd_ml": math.sqrt(parts.between),
            "within_patient_sd_ml": math.sqrt(parts.within),
        },
    )
