"""VOL067: a device that can be told by its grey levels."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from volest.audit.codes import DEVICE_LEVELS
from volest.audit.measures import ScanMeasures
from volest.evaluation.permutation import PERMUTATIONS, group_tie
from volest.records.findings import Finding

FEWEST_PATIENTS = 3
"""Patients that a device needs to be compared."""

LARGEST_P = 0.01


def check_device_levels(measures: Sequence[ScanMeasures], rng: np.random.Generator) -> Iterator[Finding]:
    """One finding where the mean grey level inside the fan depends on the device; a patient counts once a device."""
    grey: dict[tuple[str, str], list[float]] = {}
    for scan in measures:
        if scan.intensity is not None and scan.scan.device is not None:
            grey.setdefault((scan.scan.device, scan.scan.patient_id), []).append(scan.intensity.fan_mean)
    count = Counter(device for device, _ in grey)
    rows = [(device, float(np.mean(means))) for (device, _), means in grey.items() if count[device] >= FEWEST_PATIENTS]
    if len({device for device, _ in rows}) < 2:
        return
    share, p = group_tie(np.array([mean for _, mean in rows]), [device for device, _ in rows], PERMUTATIONS, rng)
    if p < LARGEST_P:
        means = {name: float(np.mean([mean for device, mean in rows if device == name])) for name, _ in rows}
        told = ", ".join(f"{name} {mean:.2f}" for name, mean in means.items())
        yield DEVICE_LEVELS.finding(
            f"Mean grey level inside the fan, from 0 to 1: {told}; the device explains {share:.0%} of the ranks "
            f"(p = {p:.4f}, by patient).",
            figures={"explained_share": share, "p": p},
        )
