"""The patient's previous scan: what a clinician knows who looks into the notes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from volest.evaluation.baselines.mean import Mean
from volest.evaluation.baselines.scan import BaselineScan

Course = list[tuple[date, float]]
"""Days on which a patient was scanned, in order, with the mean reference of each day in mL."""


def has_followed_patients(scans: Iterable[BaselineScan]) -> bool:
    """Whether any patient was scanned on more than one known day."""
    return any(len(course) > 1 for course in _courses(scans).values())


class PreviousScan:
    """The reference of the patient's latest earlier day, plus the training patients' growth over the days since.

    Of a held-out patient it knows the references of earlier days, as the clinic would, and never that of the day itself
    or later. A scan with no earlier day gets the mean of the training patients. Never below zero.
    """

    def fit(self, training: Sequence[BaselineScan]) -> "PreviousScan":
        """Learn the growth: the sum of all changes between consecutive days over the sum of the days between them."""
        changes = [change for course in _courses(training).values() for change in _changes(course)]
        days = sum(days for days, _ in changes)
        self.growth_ml_per_day = sum(growth_ml for _, growth_ml in changes) / days if days else 0.0
        self.mean = Mean().fit(training)
        return self

    def predict(self, scans: Sequence[BaselineScan]) -> Float[np.ndarray, " scan"]:
        """Volumes in mL."""
        courses = _courses(scans)
        predicted_ml = self.mean.predict(scans)
        for n, scan in enumerate(scans):
            previous = _previous(scan, courses)
            if previous is not None and scan.acquired_on is not None:
                day, volume_ml = previous
                growth_ml = self.growth_ml_per_day * (scan.acquired_on - day).days
                predicted_ml[n] = max(volume_ml + growth_ml, 0.0)
        return predicted_ml

    def knows(self, scans: Sequence[BaselineScan]) -> list[bool]:
        """Which scans have an earlier day to start from."""
        courses = _courses(scans)
        return [_previous(scan, courses) is not None for scan in scans]


def _courses(scans: Iterable[BaselineScan]) -> dict[str, Course]:
    volumes_ml: dict[str, dict[date, list[float]]] = defaultdict(lambda: defaultdict(list))
    for scan in scans:
        if scan.acquired_on is not None:
            volumes_ml[scan.patient_id][scan.acquired_on].append(scan.volume_ml)
    return {
        patient: [(day, float(np.mean(of_day[day]))) for day in sorted(of_day)]
        for patient, of_day in volumes_ml.items()
    }


def _changes(course: Course) -> Iterator[tuple[int, float]]:
    for (day, volume_ml), (next_day, next_volume_ml) in pairwise(course):
        yield (next_day - day).days, next_volume_ml - volume_ml


def _previous(scan: BaselineScan, courses: dict[str, Course]) -> tuple[date, float] | None:
    if scan.acquired_on is None:
        return None
    earlier = [(day, volume_ml) for day, volume_ml in courses[scan.patient_id] if day < scan.acquired_on]
    return earlier[-1] if earlier else None
