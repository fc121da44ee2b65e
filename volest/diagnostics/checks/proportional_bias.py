"""VOL106: the error grows or shrinks with the volume."""

from collections.abc import Iterator

import numpy as np

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.interval import patient_interval, sample_of
from volest.diagnostics.remedies import regularise
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import Fault, Verdict
from volest.evaluation.draws import Draws, PerDraw, ratio, whole
from volest.records.findings import Severity

FAULT = Fault("VOL106", "proportional bias: the error goes with the volume", (Severity.WARNING,))


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """Slope of the difference over the average of prediction and reference (Bland and Altman 1999, section 3.1)."""
    interval = patient_interval(run.held_out, _slope, thresholds, rng)
    if interval is None:
        yield FAULT.not_applicable(f"{run.patients} patients are too few, or nothing varies")
        return
    slope = float(_slope(whole(sample_of(run.held_out)))[0])
    small_ml, large_ml = _thirds_ml(run)
    told = (
        f"it changes by {slope:+.2f} mL per mL of volume ({thresholds.confidence:.0%} interval {interval}); mean "
        f"error {small_ml:+.1f} mL in the smallest third and {large_ml:+.1f} mL in the largest"
    )
    if interval.low <= thresholds.bias_slope and interval.high >= -thresholds.bias_slope:
        limit = f"the error is not shown to change by more than {thresholds.bias_slope:g} mL per mL of volume"
        yield FAULT.passed(f"{limit}: {told}")
        return
    yield FAULT.found(
        Severity.WARNING,
        f"The error goes with the volume: {told}.",
        _shrunk(run) if slope < 0 else f"Check the unit of the largest labels. {regularise(run.config)}",
        {"slope": slope, "slope_low": interval.low, "slope_high": interval.high},
    )


def _slope(draws: Draws) -> PerDraw:
    average_ml = (draws.sample.predicted_ml + draws.sample.reference_ml) / 2
    return ratio(draws.covariance(draws.sample.error_ml, average_ml), draws.variance(average_ml))


def _thirds_ml(run: RunRecords) -> tuple[float, float]:
    by_size = run.held_out.sort_values("reference_ml")["error_ml"].to_numpy()
    third = max(1, len(by_size) // 3)
    return float(by_size[:third].mean()), float(by_size[-third:].mean())


def _shrunk(run: RunRecords) -> str:
    largest = run.held_out.sort_values("reference_ml")["patient_id"].iloc[-1]
    return (
        "Expected of a network that is unsure: it leans towards the mean. Collect more patients of the smallest and "
        f"largest volumes (the largest is patient {largest!r}), keep training.target: auto, and give the "
        "error by volume when you report. Correct no prediction by this slope: it was measured on the same patients."
    )
