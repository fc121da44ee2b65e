"""VOL108: one fold errs unlike all others."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import Fault, Verdict
from volest.diagnostics.wording import number, p_value
from volest.evaluation.permutation import p_of, permuted
from volest.records.findings import Severity

FAULT = Fault("VOL108", "one fold errs unlike all others", (Severity.WARNING,))


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """The fold whose relative error stands out most, against patients dealt to folds by chance."""
    scans = run.held_out.assign(error=run.held_out["error_percent"].abs())
    patients = scans.groupby("patient_id").agg(error=("error", "mean"), fold=("fold", "first"))
    folds, of_patient = np.unique(patients["fold"].to_numpy(), return_inverse=True)
    if len(folds) < 3 or len(patients) < max(thresholds.fewest_patients, len(folds) + 2):
        yield FAULT.not_applicable(f"{len(folds)} folds of {len(patients)} patients in all are too few to compare")
        return
    belongs = np.eye(len(folds))[of_patient]
    errors = patients["error"].to_numpy(dtype=float)
    ratios = _log_ratios(errors[None], belongs)[0]
    drawn = np.abs(_log_ratios(permuted(errors, thresholds.resamples, rng), belongs)).max(axis=1)
    p = p_of(float(np.abs(ratios).max()), drawn)
    place = int(np.abs(ratios).argmax())
    fold, ratio = int(folds[place]), float(np.exp(ratios[place]))
    inside, outside = errors[belongs[:, place] == 1].mean(), errors[belongs[:, place] == 0].mean()
    told = (
        f"patients of fold {fold} are {number(inside)}% off on average, those of the other folds {number(outside)}% "
        f"({p_value(p)}, patients dealt to folds by chance)"
    )
    if p >= thresholds.test_p or abs(np.log(ratio)) < np.log(thresholds.fold_mae_ratio):
        yield FAULT.passed(told)
        return
    harder = ratio > 1
    yield FAULT.found(
        Severity.WARNING,
        f"Fold {fold} is unlike the others: {told}.",
        _HARDER.format(fold=fold) if harder else _EASIER.format(fold=fold),
        {"fold": str(fold), "ratio": ratio, "p": p},
    )


def _log_ratios(errors: Float[np.ndarray, "draw patient"], belongs: Float[np.ndarray, "patient fold"]) -> np.ndarray:
    """Of the mean within each fold to the mean outside of it."""
    inside = errors @ belongs / belongs.sum(axis=0)
    outside = errors @ (1 - belongs) / (1 - belongs).sum(axis=0)
    return np.log(np.maximum(inside, 1e-9) / np.maximum(outside, 1e-9))


_HARDER = (
    "Look at the patients of fold {fold} (folds.csv) and at its curves: another device, another range of volumes "
    "(`volest split` tells), wrong labels, or a training that failed (`volest train --fold {fold} --restart`)."
)
_EASIER = "Look for leakage into fold {fold}: `volest check` finds one scan, or near copies of it, under two patients."
