"""VOL109: what a fold says hangs on one patient."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import Fault, Verdict
from volest.diagnostics.wording import listed, number
from volest.records.findings import Severity

FAULT = Fault("VOL109", "a fold depends on one patient", (Severity.WARNING,))

FEWEST = 3
"""Patients of a fold, below which each of them matters that much."""


@dataclass(frozen=True)
class _Weight:
    """What one patient does to the MAE of a fold, in mL."""

    fold: int
    patient_id: str
    scan_ids: tuple[str, ...]
    with_ml: float
    without_ml: float

    @property
    def share(self) -> float:
        return 1 - self.without_ml / self.with_ml


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """Leave the heaviest patient of each fold out and judge again."""
    weights = [heaviest for fold in sorted(set(run.held_out["fold"])) if (heaviest := _heaviest(run, int(fold)))]
    if not weights:
        yield FAULT.not_applicable(f"no fold holds out {FEWEST} patients or more")
        return
    heavy = [weight for weight in weights if weight.share > thresholds.patient_share]
    for weight in heavy:
        yield FAULT.found(
            Severity.WARNING,
            f"Fold {weight.fold} depends on patient {weight.patient_id!r} ({len(weight.scan_ids)} scans): its MAE is "
            f"{number(weight.with_ml)} mL with the patient and {number(weight.without_ml)} mL without.",
            f"Check labels and images of patient {weight.patient_id!r}. If they are right, the patient stays: report "
            "the error of the whole run with its interval, never this fold's, and collect patients like this one.",
            {"mae_ml": weight.with_ml, "mae_without_ml": weight.without_ml},
            weight.scan_ids,
            (weight.patient_id,),
        )
    if not heavy:
        most = max(weights, key=lambda weight: weight.share)
        told = listed([f"patient {most.patient_id!r} of fold {most.fold}"])
        yield FAULT.passed(f"no patient carries a fold; the heaviest is {told}, {most.share:.0%} of its MAE")


def _heaviest(run: RunRecords, fold: int) -> _Weight | None:
    scans = run.of_fold(fold)
    scans = scans.assign(size_ml=scans["error_ml"].abs())
    total_ml = float(scans["size_ml"].sum())
    if scans["patient_id"].nunique() < FEWEST or total_ml == 0:
        return None
    weights = []
    for patient, own in scans.groupby("patient_id"):
        without_ml = (total_ml - float(own["size_ml"].sum())) / (len(scans) - len(own))
        weights.append(_Weight(fold, str(patient), tuple(own["scan_id"]), total_ml / len(scans), without_ml))
    return max(weights, key=lambda weight: weight.share)
