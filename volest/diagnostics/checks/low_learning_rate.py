"""VOL113: steps are too small."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import stats

from volest.config import Config
from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import Fault, Verdict
from volest.diagnostics.wording import of_folds
from volest.evaluation.learning_curve import FEWEST_EPOCHS, curve_of, last_fifth, noise_percent, smoothed
from volest.records.findings import Severity

FAULT = Fault("VOL113", "learning rate too low", (Severity.WARNING,))

STEADY_RHO = -0.9
"""Rank correlation of loss and epoch of a training that creeps: it falls from epoch to epoch and arrives nowhere."""


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """A training loss that falls all the while, and by little."""
    losses = {fold: curve_of(history, "train_loss") for fold, history in run.histories.items()}
    long = {fold: loss for fold, loss in losses.items() if loss is not None}
    if not long:
        yield FAULT.not_applicable(f"no fold has a training loss over {FEWEST_EPOCHS} epochs")
        return
    left = {fold: _left(loss) for fold, loss in long.items()}
    creeping = [
        fold
        for fold, loss in long.items()
        if left[fold] > thresholds.slow_loss_ratio
        and _rho(loss) < STEADY_RHO
        and _unlearnt(run.histories[fold])
        and _calm(run.histories[fold], thresholds)
    ]
    if not creeping:
        yield FAULT.passed(f"the training loss fell to {max(left.values()):.0%} of its start or below in every fold")
        return
    training = (run.config or Config()).training
    yield FAULT.found(
        Severity.WARNING,
        f"Steps are too small: the training loss of {of_folds(creeping)} falls from epoch to epoch, and yet "
        f"{max(left[fold] for fold in creeping):.0%} of it are left at the end.",
        f"Set training.learning_rate: {training.learning_rate * 3:.2g}, then {training.learning_rate * 10:.2g}; a "
        "training that then spikes has had enough.",
        {f"fold_{fold}_loss_left": left[fold] for fold in creeping},
    )


def _left(loss: np.ndarray) -> float:
    start = float(loss[:3].mean())
    return float(last_fifth(loss).mean()) / start if start > 0 else 0.0


def _rho(loss: np.ndarray) -> float:
    if np.ptp(loss) == 0:
        return 0.0
    return float(stats.spearmanr(np.arange(len(loss)), smoothed(loss)).statistic)


def _unlearnt(history: pd.DataFrame) -> bool:
    """Whether there was anything left to learn."""
    return not float(history["train_r2"].iloc[-1]) > 0.7


def _calm(history: pd.DataFrame, thresholds: DiagnosisConfig) -> bool:
    """Whether the error on training scans creeps too: steps that throw it about are not too small."""
    error_ml = curve_of(history, "train_mae_ml")
    return error_ml is None or noise_percent(error_ml) <= thresholds.noise_percent
