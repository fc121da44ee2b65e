"""VOL080: how many scans the scans are worth."""

from collections.abc import Iterator, Sequence

import numpy as np

from volest.audit.codes import EFFECTIVE_SIZE
from volest.audit.measures import ScanMeasures
from volest.audit.patients import by_patient
from volest.records.findings import Finding


def check_effective_size(measures: Sequence[ScanMeasures]) -> Iterator[Finding]:
    """One note where patients have several scans: variance between and within them, ICC(1), effective number."""
    groups = [np.array([scan.scan.volume_ml for scan in scans]) for scans in by_patient(measures).values()]
    scans = sum(map(len, groups))
    if len(groups) < 2 or scans == len(groups):
        return
    between_ml2, within_ml2 = variance_components(groups)
    icc = between_ml2 / (between_ml2 + within_ml2) if between_ml2 + within_ml2 > 0 else 1.0
    effective = effective_number([len(group) for group in groups], icc)
    yield EFFECTIVE_SIZE.finding(
        f"{scans} scans of {len(groups)} patients are worth about {effective:.0f} independent ones: SD between "
        f"patients {np.sqrt(between_ml2):.3g} mL, within {np.sqrt(within_ml2):.3g} mL, ICC(1) {icc:.2f}.",
        figures={
            "icc1": icc,
            "effective_scans": effective,
            "between_patients_sd_ml": float(np.sqrt(between_ml2)),
            "within_patient_sd_ml": float(np.sqrt(within_ml2)),
        },
    )


def variance_components(groups: Sequence[np.ndarray]) -> tuple[float, float]:
    """Variance between and within groups of unequal size, by one-way random effects.

    Donner (1986), "A review of inference procedures for the intraclass correlation coefficient", eq. 2.1; negative
    estimates become 0.
    """
    sizes = np.array([len(group) for group in groups], dtype=float)
    total, count = sizes.sum(), len(groups)
    grand = np.concatenate(groups).mean()
    mean_between = sum(n * (group.mean() - grand) ** 2 for n, group in zip(sizes, groups, strict=True)) / (count - 1)
    mean_within = sum(((group - group.mean()) ** 2).sum() for group in groups) / (total - count)
    typical_size = (total - (sizes**2).sum() / total) / (count - 1)
    return max(0.0, float((mean_between - mean_within) / typical_size)), float(mean_within)


def effective_number(sizes: Sequence[int], icc: float) -> float:
    """Independent scans that tell as much of the mean: a group of n counts n / (1 + (n - 1) ICC) (Kish 1965)."""
    return float(sum(n / (1 + (n - 1) * icc) for n in sizes))
