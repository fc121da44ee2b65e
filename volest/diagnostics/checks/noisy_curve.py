"""VOL111: the held-out error jumps from epoch to epoch."""

from collections.abc import Iterator

import numpy as np

from volest.config import Config
from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import Fault, Verdict
from volest.evaluation.learning_curve import FEWEST_EPOCHS, curve_of, noise_percent
from volest.records.findings import Severity

FAULT = Fault("VOL111", "curves are noise: the last epoch is a lottery", (Severity.WARNING,))


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """Scatter of the second half of each held-out curve about its smoothed self."""
    curves = {fold: curve_of(history, "val_mae_ml") for fold, history in run.histories.items()}
    noises = {fold: noise_percent(curve) for fold, curve in curves.items() if curve is not None}
    if not noises:
        yield FAULT.not_applicable(f"no fold has a held-out curve of {FEWEST_EPOCHS} epochs")
        return
    median = float(np.median(list(noises.values())))
    told = f"from epoch to epoch the held-out error scatters by {median:.1f}% of itself (median of {len(noises)} folds)"
    if median <= thresholds.noise_percent:
        yield FAULT.passed(told)
        return
    yield FAULT.found(
        Severity.WARNING,
        f"In the second half of the training, {told}: which weights the last epoch leaves is a matter of luck.",
        _remedy(run.config or Config()),
        {"noise_percent": median},
    )


def _remedy(config: Config) -> str:
    training = config.training
    decay = 0.99 if training.ema_decay < 0.99 else 0.995
    return (
        f"Average more weights, training.ema_decay: {decay}; then larger batches, training.accumulate: "
        f"{2 * training.accumulate}, or smaller steps, training.learning_rate: {training.learning_rate / 3:.2g}."
    )
