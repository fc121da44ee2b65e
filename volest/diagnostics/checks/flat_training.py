"""VOL114: the mean for every scan, from the first epoch on."""

from collections.abc import Iterator

import numpy as np

from volest.config import Config
from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import Fault, Verdict
from volest.diagnostics.wording import of_folds
from volest.evaluation.learning_curve import FEWEST_EPOCHS, curve_of, last_fifth
from volest.records.findings import Severity

FAULT = Fault("VOL114", "target or shape fault: nothing but the mean was learnt", (Severity.ERROR,))

MOST_R2 = 0.1
"""On training scans, in any epoch, of a network that has learnt nothing but their mean."""

MOST_SPREAD = 0.2
"""SD of predictions to that of references, of such a network."""


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """A training loss that stays at the variance, training scans unexplained, predictions all alike."""
    losses = {fold: curve_of(history, "train_loss") for fold, history in run.histories.items()}
    long = {fold: loss for fold, loss in losses.items() if loss is not None}
    if not long:
        yield FAULT.not_applicable(f"no fold has a training loss over {FEWEST_EPOCHS} epochs")
        return
    flat = [fold for fold, loss in long.items() if _is_flat(loss, thresholds) and _says_the_mean(run, fold)]
    if not flat:
        yield FAULT.passed("every network learnt more than a mean")
        return
    model = (run.config or Config()).model.name
    foreign = ":" in model
    yield FAULT.found(
        Severity.ERROR,
        f"From the first epoch to the last the networks of {of_folds(flat)} said the mean for every scan, and the "
        "training loss stayed at the variance of the targets. So does a loss between shapes (batch, 1) and (batch,), "
        "which compares each scan with every label; so do labels of other images, and images of nothing.",
        "Run `volest doctor`, which overfits one batch. If it can, check that each path belongs to its volume_ml and "
        "that no scan is blank (`volest check` shows them all in check.html). If it cannot, "
        + (f"check the output of {model}: one number a scan." if foreign else "set model.name: resnet."),
        {f"fold_{k}_loss_left": float(last_fifth(long[k]).mean() / max(long[k][:3].mean(), 1e-12)) for k in flat},
    )


def _is_flat(loss: np.ndarray, thresholds: DiagnosisConfig) -> bool:
    return bool(last_fifth(loss).mean() > thresholds.flat_loss_ratio * loss[:3].mean())


def _says_the_mean(run: RunRecords, fold: int) -> bool:
    explained = run.histories[fold]["train_r2"].max()
    scans = run.of_fold(fold)
    spread = scans["predicted_ml"].std() / scans["reference_ml"].std() if len(scans) > 1 else 0.0
    return bool(not explained > MOST_R2 and not spread > MOST_SPREAD)
