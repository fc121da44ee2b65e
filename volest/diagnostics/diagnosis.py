"""All checks over the records of one run."""

from dataclasses import dataclass

import numpy as np

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.checks import (
    constant_bias,
    dominant_patient,
    error_ties,
    falling_curve,
    flat_training,
    high_learning_rate,
    label_breaking,
    leakage,
    loader_wait,
    low_learning_rate,
    mean_collapse,
    memorised_patient,
    no_skill,
    noisy_curve,
    not_finite,
    outlier_scans,
    overfitting,
    proportional_bias,
    records,
    scaling_leak,
    target_scale,
    turning,
    underfitting,
    unlike_fold,
)
from volest.diagnostics.recorded_controls import recorded_controls
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import Check, Fault, NotApplicable, Passed, Verdict
from volest.records.findings import Finding, worst_first

CHECKS: tuple[tuple[Fault, Check], ...] = (
    (records.FAULT, records.check),
    (overfitting.FAULT, overfitting.check),
    (turning.FAULT, turning.check),
    (underfitting.FAULT, underfitting.check),
    (no_skill.FAULT, no_skill.check),
    (mean_collapse.FAULT, mean_collapse.check),
    (proportional_bias.FAULT, proportional_bias.check),
    (constant_bias.FAULT, constant_bias.check),
    (unlike_fold.FAULT, unlike_fold.check),
    (dominant_patient.FAULT, dominant_patient.check),
    (falling_curve.FAULT, falling_curve.check),
    (noisy_curve.FAULT, noisy_curve.check),
    (high_learning_rate.FAULT, high_learning_rate.check),
    (low_learning_rate.FAULT, low_learning_rate.check),
    (flat_training.FAULT, flat_training.check),
    (target_scale.FAULT, target_scale.check),
    (label_breaking.FAULT, label_breaking.check),
    (leakage.FAULT, leakage.check),
    (scaling_leak.FAULT, scaling_leak.check),
    (memorised_patient.FAULT, memorised_patient.check),
    (error_ties.FAULT, error_ties.check),
    (outlier_scans.FAULT, outlier_scans.check),
    (loader_wait.FAULT, loader_wait.check),
    (not_finite.FAULT, not_finite.check),
)


@dataclass(frozen=True)
class Diagnosis:
    """What all checks say.

    Attributes:
        findings: worst first.
        passed: in the order of their codes.
        not_applicable: in the order of their codes.
    """

    findings: tuple[Finding, ...]
    passed: tuple[Passed, ...]
    not_applicable: tuple[NotApplicable, ...]


def diagnose(run: RunRecords, thresholds: DiagnosisConfig, seed: int) -> Diagnosis:
    """Every verdict, then those of earlier controls; each check draws from (seed, code) and moves no other figure."""
    verdicts: list[Verdict] = [
        verdict
        for fault, check in CHECKS
        for verdict in check(run, thresholds, np.random.default_rng([seed, int(fault.code.removeprefix("VOL"))]))
    ]
    verdicts += recorded_controls(run)
    return Diagnosis(
        tuple(worst_first(v for v in verdicts if isinstance(v, Finding))),
        tuple(v for v in verdicts if isinstance(v, Passed)),
        tuple(v for v in verdicts if isinstance(v, NotApplicable)),
    )
