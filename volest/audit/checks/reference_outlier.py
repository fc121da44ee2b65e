"""VOL023 to VOL025: references unlike the others."""

from collections.abc import Iterator, Sequence

import numpy as np

from volest.audit.codes import CONSTANT_REFERENCE, LABEL_OUTLIER, PATIENT_OUTLIER
from volest.audit.measures import ScanMeasures
from volest.audit.patients import by_patient
from volest.records.findings import Finding

MOST_DEVIATIONS = 4.5
"""Robust standard deviations of log mL from the median over patients."""

LEAST_SD = 0.25
"""Of log mL, so that a narrow study does not make an outlier of everyone who is a little larger."""

FEWEST_PATIENTS = 5

MOST_CHANGE = 3.0
"""Factor between a scan and the median of the same patient's others; a newborn's brain doubles in months."""


def check_reference_outliers(measures: Sequence[ScanMeasures]) -> Iterator[Finding]:
    """Each reference far from those of all patients, or of its own patient; or all of them one number."""
    volumes_ml = np.array([scan.scan.volume_ml for scan in measures])
    if len(volumes_ml) > 1 and np.ptp(volumes_ml) == 0:
        yield CONSTANT_REFERENCE.finding(f"All {len(volumes_ml)} references are {volumes_ml[0]:g} mL.")
        return
    yield from _among_all(measures)
    for scans in by_patient(measures).values():
        yield from _in_patient(scans)


def _among_all(measures: Sequence[ScanMeasures]) -> Iterator[Finding]:
    typical = np.array(
        [np.median([np.log(scan.scan.volume_ml) for scan in scans]) for scans in by_patient(measures).values()]
    )
    if len(typical) < FEWEST_PATIENTS:
        return
    middle = np.median(typical)
    sd = max(1.4826 * float(np.median(np.abs(typical - middle))), LEAST_SD)
    for scan in measures:
        away = (np.log(scan.scan.volume_ml) - middle) / sd
        if abs(away) > MOST_DEVIATIONS:
            factor = scan.scan.volume_ml / float(np.exp(middle))
            yield LABEL_OUTLIER.finding(
                f"Its reference of {scan.scan.volume_ml:g} mL is {factor:.3g} times the median of all patients, "
                f"{np.exp(middle):.3g} mL.",
                [scan.scan],
                {"times_median": factor, "robust_deviations": float(away)},
            )


def _in_patient(scans: Sequence[ScanMeasures]) -> Iterator[Finding]:
    if len(scans) < 3:  # of two, none is the odd one
        return
    for scan in scans:
        others_ml = float(np.median([other.scan.volume_ml for other in scans if other is not scan]))
        factor = scan.scan.volume_ml / others_ml
        if not 1 / MOST_CHANGE < factor < MOST_CHANGE:
            yield PATIENT_OUTLIER.finding(
                f"Its reference of {scan.scan.volume_ml:g} mL is {factor:.3g} times the median of the patient's "
                f"{len(scans) - 1} others, {others_ml:.3g} mL.",
                [scan.scan],
                {"times_others": factor},
            )
