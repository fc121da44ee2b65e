"""VOL102: the held-out error turned up while the training went on."""

from collections.abc import Iterator

import numpy as np

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.remedies import regularise
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import Fault, Verdict
from volest.diagnostics.wording import listed, number
from volest.evaluation.learning_curve import FEWEST_EPOCHS, Turn, curve_of, mean_curve, turn
from volest.records.findings import Severity

FAULT = Fault("VOL102", "held-out error turned up before the end", (Severity.WARNING, Severity.NOTE))


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """The mean curve of all folds as a warning; single folds, which hold few patients, as a note."""
    mean = mean_curve(run.histories, "val_mae_ml")
    if mean is None:
        yield FAULT.not_applicable(f"no fold has a held-out curve of {FEWEST_EPOCHS} epochs")
        return
    together = turn(mean)
    told = f"was lowest about epoch {together.epoch}, {number(together.lowest)} mL, and ended {_rise(together)} above"
    curves = {fold: curve_of(history, "val_mae_ml") for fold, history in run.histories.items()}
    turns = {fold: turn(curve) for fold, curve in curves.items() if curve is not None}
    turned = {fold: t for fold, t in turns.items() if t.rise_percent > thresholds.turned_percent}
    if together.rise_percent > thresholds.turned_percent:
        yield FAULT.found(
            Severity.WARNING,
            f"The smoothed held-out error, mean of {len(turns)} folds, {told}.",
            _remedy(together.epoch, run),
            {
                "turning_epoch": together.epoch,
                "lowest_mae_ml": together.lowest,
                "rise_percent": together.rise_percent,
                **{f"fold_{fold}_turning_epoch": t.epoch for fold, t in turned.items()},
            },
        )
    elif turned:
        each = listed(f"fold {k} about epoch {t.epoch} (by {_rise(t)} since)" for k, t in turned.items())
        yield FAULT.found(
            Severity.NOTE,
            f"The held-out error turned up in {each}; the mean of all folds did not, and a fold holds few patients.",
            "Look at the curves with `volest monitor`; do not stop single folds by their own held-out scans.",
            {f"fold_{fold}_turning_epoch": t.epoch for fold, t in turned.items()},
        )
    else:
        yield FAULT.passed(f"the smoothed held-out error {told}")


def _rise(turned: Turn) -> str:
    return f"{turned.rise_percent:.0f}%"


def _remedy(epoch: int, run: RunRecords) -> str:
    return (
        f"{regularise(run.config)} Or shorten the schedule of all folds to training.epochs: {epoch}; that number was "
        "chosen on held-out scans: judge it on a locked test set (split.test_fraction) or on new patients."
    )
