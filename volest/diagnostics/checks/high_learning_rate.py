"""VOL112: steps are too large."""

from collections.abc import Iterator, Mapping

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

FEWEST_JUMPS = 2
"""Of a short training, of which one epoch is a large share; one may be chance."""


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """Loss or gradient no longer finite; a loss that spikes; an error that jumps; gradients that grow without end."""
    if not run.histories:
        yield FAULT.not_applicable("there is no history.csv")
        return
    broken = [fold for fold, history in run.histories.items() if _not_finite(history)]
    if broken:
        sentence = f"Loss or gradient of {of_folds(broken)} became infinite or no number at all."
        yield FAULT.found(Severity.ERROR, sentence, calm(run.config), {"folds": ", ".join(map(str, broken))})
    long = {k: h for k, h in run.histories.items() if k not in broken and len(h) >= FEWEST_EPOCHS}
    spikes = {fold: _spikes_percent(history["train_loss"], thresholds) for fold, history in long.items()}
    jumps = {fold: _jumps_percent(history["train_mae_ml"], thresholds) for fold, history in long.items()}
    growth = {fold: _growth(history["gradient_norm"]) for fold, history in long.items()}
    restless = {fold: spikes[fold] for fold in long if spikes[fold] > thresholds.loss_spikes_percent}
    jumping = {fold: jumps[fold] for fold in long if jumps[fold] > thresholds.loss_spikes_percent}
    growing = {fold: growth[fold] for fold in long if growth[fold] > thresholds.gradient_growth_ratio}
    if restless or jumping or growing:
        yield _found(run, thresholds, restless, jumping, growing)
    elif not broken:
        yield FAULT.passed(
            f"the training loss spikes in {max(spikes.values()):.0f}% of the epochs at the most, the error on training "
            f"scans jumps in {max(jumps.values()):.0f}% of the second half, the gradient norm grows to "
            f"{max(growth.values()):.1f} times that of the first epochs at the most"
            if long
            else "loss and gradient are finite; the curves are too short for more"
        )


def _found(
    run: RunRecords,
    thresholds: DiagnosisConfig,
    restless: Mapping[int, float],
    jumping: Mapping[int, float],
    growing: Mapping[int, float],
) -> Verdict:
    parts, times = [], f"over {thresholds.loss_spike_ratio:g} times that of the epochs around it"
    if restless:
        share = f"in up to {max(restless.values()):.0f}% of the epochs"
        parts.append(f"the training loss of {of_folds(restless)} jumps to {times}, {share}")
    if jumping:
        share = f"in up to {max(jumping.values()):.0f}% of the epochs of the second half"
        parts.append(f"the error of {of_folds(jumping)} on training scans jumps to {times}, {share}")
    if growing:
        grown = f"grows to {max(growing.values()):.0f} times that of the first epochs"
        parts.append(f"the gradient norm of {of_folds(growing)} {grown}")
    figures = {f"fold_{k}_spikes_percent": percent for k, percent in restless.items()}
    figures |= {f"fold_{k}_jumps_percent": percent for k, percent in jumping.items()}
    figures |= {f"fold_{k}_gradient_growth": ratio for k, ratio in growing.items()}
    return FAULT.found(Severity.WARNING, f"Steps are too large: {'; '.join(parts)}.", calm(run.config), figures)


def _not_finite(history: pd.DataFrame) -> bool:
    return not np.isfinite(history[["train_loss", "gradient_norm"]].to_numpy(dtype=float)).all()


def _spikes_percent(loss: pd.Series, thresholds: DiagnosisConfig) -> float:
    return 100 * float(_spikes(loss, thresholds).mean())


def _jumps_percent(error_ml: pd.Series, thresholds: DiagnosisConfig) -> float:
    """Of the second half: before, running statistics of batch norm lag behind the weights of any training.

    A norm after each convolution makes too large a step harmless to gradients and hardly seen in the loss of batches
    that norm themselves; what the weights are worth at the end of an epoch shows in the error on training scans.
    """
    late = _spikes(error_ml, thresholds).iloc[len(error_ml) // 2 :]
    return 100 * float(late.mean()) if late.sum() >= FEWEST_JUMPS else 0.0


def _spikes(curve: pd.Series, thresholds: DiagnosisConfig) -> pd.Series:
    around = curve.rolling(ABOUT, center=True, min_periods=ABOUT // 2).median()
    return curve > thresholds.loss_spike_ratio * around


def _growth(norm: pd.Series) -> float:
    start = float(norm.iloc[:5].median())
    return float(norm.rolling(5).median().max()) / start if start > 0 else 1.0
