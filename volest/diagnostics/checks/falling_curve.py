"""VOL110: the held-out error still falls at the end."""

from collections.abc import Iterator

import numpy as np

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.remedies import longer
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import Fault, Verdict
from volest.evaluation.learning_curve import FEWEST_EPOCHS, fall_percent, last_fifth, mean_curve
from volest.records.findings import Severity

FAULT = Fault("VOL110", "curves still fall: trained too short", (Severity.WARNING,))


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """A straight line through the last fifth of the mean held-out curve."""
    curve = mean_curve(run.ended, "val_mae_ml")
    if curve is None:
        yield FAULT.not_applicable(
            f"no fold that was trained to its end has a held-out curve of {FEWEST_EPOCHS} epochs"
        )
        return
    end = last_fifth(curve)
    fall = fall_percent(end)
    if fall <= thresholds.falling_percent:
        yield FAULT.passed(f"the mean held-out error fell by {max(fall, 0):.1f}% over the last {len(end)} epochs")
        return
    yield FAULT.found(
        Severity.WARNING,
        f"Over the last {len(end)} of {len(curve)} epochs the held-out error (mean of folds) fell by {fall:.0f}%.",
        longer(len(curve)),
        {"fall_percent": fall, "epochs": len(curve)},
    )
