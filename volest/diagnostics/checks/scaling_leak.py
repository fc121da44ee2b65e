"""VOL118: the scaling of the target knows the held-out scans."""

from collections.abc import Iterator

import numpy as np

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.targets import quantities
from volest.diagnostics.verdict import Fault, Verdict
from volest.diagnostics.wording import of_folds
from volest.records.findings import Severity
from volest.records.model import TargetScaling

FAULT = Fault("VOL118", "target scaling fitted outside the fold", (Severity.ERROR, Severity.WARNING))

SAME = 1e-6
"""Relative difference that the digits of manifest.csv explain."""


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """Mean and SD of model.json beside those of the training scans, and of all scans."""
    outside: list[int] = []
    odd: list[int] = []
    judged = 0
    for fold, model in run.models.items():
        training = quantities(run.training_scans(fold), model.target.kind, run.headers)
        everything = quantities(run.scans.values(), model.target.kind, run.headers)
        if training is None or everything is None or not len(training):
            continue
        judged += 1
        if _fits(model.target, training):
            continue
        (outside if _fits(model.target, everything) else odd).append(fold)
    if not judged:
        yield FAULT.not_applicable("model.json, manifest.csv and folds.csv (for fractions headers.csv too) are needed")
        return
    if outside:
        yield FAULT.found(
            Severity.ERROR,
            f"The target of {of_folds(outside)} is scaled by mean and SD of all scans, the held-out ones among them.",
            "Fit it on the training scans of the fold alone, as volest does: `volest train --fold K --restart`.",
            {"folds": ", ".join(map(str, outside))},
        )
    if odd:
        yield FAULT.found(
            Severity.WARNING,
            f"The target of {of_folds(odd)} is scaled neither by its training scans nor by all scans: manifest.csv, "
            "folds.csv and model.json do not belong together.",
            "Find out what was edited or copied, or train these folds again: `volest train --fold K --restart`.",
            {"folds": ", ".join(map(str, odd))},
        )
    if not (outside or odd):
        yield FAULT.passed("mean and SD of the target are those of the fold's training scans in every fold")


def _fits(target: TargetScaling, values: np.ndarray) -> bool:
    sd = float(values.std()) or 1.0
    return abs(target.mean - float(values.mean())) <= SAME * sd and abs(target.sd - sd) <= SAME * sd
