"""VOL107: predictions are too large, or too small, on average."""

from collections.abc import Iterator

import numpy as np

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.interval import patient_interval
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import Fault, Verdict
from volest.diagnostics.wording import number
from volest.evaluation import error_size
from volest.records.findings import Severity

FAULT = Fault("VOL107", "bias: predictions are too large or too small on average", (Severity.WARNING,))


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """Mean error, in per cent of the mean reference."""
    error_ml = run.held_out["error_ml"].to_numpy()
    interval_ml = patient_interval(run.held_out, error_size.mean_error, thresholds, rng)
    if interval_ml is None:
        yield FAULT.not_applicable(f"{run.patients} patients are too few for an interval")
        return
    bias_ml, mean_ml = float(error_ml.mean()), float(run.held_out["reference_ml"].mean())
    interval = interval_ml.times(100 / mean_ml)
    told = (
        f"predictions are {number(abs(bias_ml))} mL too {'large' if bias_ml > 0 else 'small'} on average "
        f"({100 * bias_ml / mean_ml:+.1f}% of the mean reference, {thresholds.confidence:.0%} interval {interval}%)"
    )
    if interval.low <= thresholds.bias_percent and interval.high >= -thresholds.bias_percent:
        yield FAULT.passed(f"not shown to be off by more than {thresholds.bias_percent:g}%: {told}")
        return
    yield FAULT.found(
        Severity.WARNING,
        f"{told[0].upper()}{told[1:]}.",
        "Check that the labels of all sources mean the same quantity in the same unit (`volest check`), and that the "
        "intensities of training and held-out scans are alike.",
        {"bias_ml": bias_ml, "bias_low_ml": interval_ml.low, "bias_high_ml": interval_ml.high},
    )
