"""Every baseline on one fold."""

from collections.abc import Iterable, Sequence

from volest.evaluation.baselines.covariates import Covariates, covariate_names
from volest.evaluation.baselines.header import Header
from volest.evaluation.baselines.mean import Mean
from volest.evaluation.baselines.previous_scan import PreviousScan, has_followed_patients
from volest.evaluation.baselines.scan import BaselineScan
from volest.evaluation.baselines.thumbnail import Thumbnail
from volest.records.predictions import Prediction

NO_PREVIOUS_SCAN = "no_previous_scan"
"""Flag of a scan for which the previous-scan baseline fell back on the mean."""


def baseline_predictions(
    training: Sequence[BaselineScan], held_out: Sequence[BaselineScan], fold: int
) -> dict[str, list[Prediction]]:
    """Fit each baseline on the training scans and predict the held-out ones.

    `mean`, `header` and `thumbnail` are always there; `covariates` where any scan has one; `previous_scan` where any
    patient was scanned on two known days. Which are there is the same for every fold of a manifest.
    """
    everything = [*training, *held_out]
    baselines: dict[str, Mean | Header | Thumbnail | Covariates | PreviousScan] = {
        "mean": Mean(),
        "header": Header(),
        "thumbnail": Thumbnail(),
    }
    if names := covariate_names(everything):
        baselines["covariates"] = Covariates(names)
    if has_followed_patients(everything):
        baselines["previous_scan"] = PreviousScan()
    predictions = {}
    for name, baseline in baselines.items():
        predicted_ml = baseline.fit(training).predict(held_out)
        flags = _flags(baseline, held_out) if isinstance(baseline, PreviousScan) else [""] * len(held_out)
        predictions[name] = _predictions(held_out, fold, predicted_ml, flags)
    return predictions


def _flags(baseline: PreviousScan, scans: Sequence[BaselineScan]) -> list[str]:
    return ["" if known else NO_PREVIOUS_SCAN for known in baseline.knows(scans)]


def _predictions(
    scans: Sequence[BaselineScan], fold: int, predicted_ml: Iterable[float], flags: Sequence[str]
) -> list[Prediction]:
    return [
        Prediction(
            scan_id=scan.scan_id,
            patient_id=scan.patient_id,
            fold=fold,
            predicted_ml=float(predicted),
            reference_ml=scan.volume_ml,
            flags=flag,
        )
        for scan, predicted, flag in zip(scans, predicted_ml, flags, strict=True)
    ]
