"""Predictions beside their references, and whose scan each is."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from volest.records.predictions import Prediction

PerScan = Float[np.ndarray, " scan"]


@dataclass(frozen=True, eq=False)
class Sample:
    """Judged scans, in the order of the table.

    Attributes:
        predicted_ml: finite.
        reference_ml: finite.
    """

    scan_ids: tuple[str, ...]
    patient_ids: tuple[str, ...]
    predicted_ml: PerScan
    reference_ml: PerScan

    @cached_property
    def error_ml(self) -> PerScan:
        """Predicted minus reference."""
        return self.predicted_ml - self.reference_ml

    @cached_property
    def error_percent(self) -> PerScan:
        """Error in per cent of the reference; NaN where the reference is not above zero."""
        positive = self.reference_ml > 0
        return 100 * np.divide(self.error_ml, self.reference_ml, out=np.full(self.n_scans, np.nan), where=positive)

    @cached_property
    def patient_of_scan(self) -> Int[np.ndarray, " scan"]:
        """Number of each scan's patient, from 0."""
        number = {patient: place for place, patient in enumerate(dict.fromkeys(self.patient_ids))}
        return np.array([number[patient] for patient in self.patient_ids], dtype=int)

    @property
    def n_scans(self) -> int:
        """Scans judged."""
        return len(self.scan_ids)

    @cached_property
    def n_patients(self) -> int:
        """Patients judged."""
        return len(set(self.patient_ids))

    def of(self, scans: Sequence[int] | Int[np.ndarray, " scan"]) -> "Sample":
        """The scans at these places."""
        places = list(scans)
        return Sample(
            tuple(self.scan_ids[n] for n in places),
            tuple(self.patient_ids[n] for n in places),
            self.predicted_ml[places],
            self.reference_ml[places],
        )


def judged_scans(predictions: Sequence[Prediction]) -> Sample:
    """The scans whose prediction and reference are two finite numbers; the others are left out."""
    finite = [p for p in predictions if np.isfinite([p.predicted_ml, p.reference_ml]).all()]
    return Sample(
        tuple(p.scan_id for p in finite),
        tuple(p.patient_id for p in finite),
        np.array([p.predicted_ml for p in finite], dtype=float),
        np.array([p.reference_ml for p in finite], dtype=float),
    )
