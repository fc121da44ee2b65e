"""VOL112: steps are too large."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.remedies import calm
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import Fault, Verdict
from volest.diagnostics.wording import of_folds
from volest.evaluation.learning_curve import FEWEST_EPOCHS
from volest.records.findings import Severity

FAULT = Fault("VOL112", "learning rate too high", (Severity.ERROR, Severity.WARNING))

ABOUT = 11
"""Epochs about each, whose median loss it is compared with."""


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """Loss or gradient no longer finite; a loss that spikes; gradients that grow without end."""
    if not run.histories:
        yield FAULT.not_applicable("there is no history.csv")
        return
    broken = [fold for fold, history in run.histories.items() if _not_finite(history)]
    if broken:
        sentence = f"Loss or gradient of {of_folds(broken)} became infinite or no number at all."
        yield FAULT.found(Severity.ERROR, sentence, calm(run.config), {"folds": ", ".join(map(str, broken))})
    long = {k: h for k, h in run.histories.items() if k not in broken and len(h) >= FEWEST_EPOCHS}
    spikes = {fold: _spikes_percent(history["train_loss"], thresholds) for fold, history in long.items()}
    growth = {fold: _growth(history["gradient_norm"]) for fold, history in long.items()}
    restless = [fold for fold in long if spikes[fold] > thresholds.loss_spikes_percent]
    growing = [fold for fold in long if growth[fold] > thresholds.gradient_growth_ratio]
    if restless or growing:
        yield _found(run, thresholds, spikes, growth, restless, growing)
    elif not broken:
        yield FAULT.passed(
            f"the training loss spikes in {max(spikes.values()):.0f}% of the epochs at the most, the gradient norm "
            f"grows to {max(growth.values()):.1f} times that of the first epochs at the most"
            if long
            else "loss and gradient are finite; the curves are too short for more"
        )


def _found(
    run: RunRecords,
    thresholds: DiagnosisConfig,
    spikes: dict[int, float],
    growth: dict[int, float],
    restless: list[int],
    growing: list[int],
) -> Verdict:
    parts = []
    if restless:
        worst = max(spikes[fold] for fold in restless)
        parts.append(
            f"the training loss of {of_folds(restless)} jumps to over {thresholds.loss_spike_ratio:g} times that of "
            f"the epochs around it, in up to {worst:.0f}% of the epochs"
        )
    if growing:
        worst = max(growth[fold] for fold in growing)
        parts.append(f"the gradient norm of {of_folds(growing)} grows to {worst:.0f} times that of the first epochs")
    sentence = "; ".join(parts)
    figures = {f"fold_{k}_spikes_percent": spikes[k] for k in restless}
    figures |= {f"fold_{k}_gradient_growth": growth[k] for k in growing}
    return FAULT.found(Severity.WARNING, f"Steps are too large: {sentence}.", calm(run.config), figures)


def _not_finite(history: pd.DataFrame) -> bool:
    return not np.isfinite(history[["train_loss", "gradient_norm"]].to_numpy(dtype=float)).all()


def _spikes_percent(loss: pd.Series, thresholds: DiagnosisConfig) -> float:
    around = loss.rolling(ABOUT, center=True, min_periods=ABOUT // 2).median()
    return 100 * float((loss > thresholds.loss_spike_ratio * around).mean())


def _growth(norm: pd.Series) -> float:
    start = float(norm.iloc[:5].median())
    return float(norm.rolling(5).median().max()) / start if start > 0 else 1.0
