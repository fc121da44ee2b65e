"""VOL105: predictions hug the mean."""

from collections.abc import Iterator

import numpy as np

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.interval import patient_interval, sample_of
from volest.diagnostics.remedies import learn_more
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import Fault, Verdict
from volest.diagnostics.wording import number
from volest.evaluation import calibration
from volest.evaluation.draws import whole
from volest.records.findings import Severity

FAULT = Fault("VOL105", "mean collapse: predictions vary far less than references", (Severity.ERROR, Severity.WARNING))

LEARNT = (
    "Regularise less, show finer detail (a finer grid), and see that small and large volumes are in every training "
    "part (`volest split`)."
)


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """Spread of predictions against that of references, with the calibration slope beside it."""
    if len(run.held_out) < 2 or run.held_out["reference_ml"].nunique() < 2:
        yield FAULT.not_applicable("the held-out references do not vary, or there are none")
        return
    draws = whole(sample_of(run.held_out))
    spread, slope = float(calibration.spread_ratio(draws)[0]), float(calibration.slope(draws)[0])
    interval = patient_interval(run.held_out, calibration.spread_ratio, thresholds, rng)
    told = f"the SD of predictions is {spread:.0%} of that of references"
    if interval is None:
        yield FAULT.not_applicable(f"{told}; {run.patients} patients are too few for an interval")
        return
    told += f" ({thresholds.confidence:.0%} interval {interval.low:.0%} to {interval.high:.0%})"
    if np.isfinite(slope):
        told += f", and a prediction of 1 mL more goes with a reference of {number(slope)} mL more"
    if interval.high >= thresholds.collapse_spread_ratio:
        yield FAULT.passed(told)
        return
    yield FAULT.found(
        Severity.ERROR if spread < thresholds.collapse_error_spread_ratio else Severity.WARNING,
        f"Predictions collapse towards the mean: {told}. Small structures are called too large, large ones too small.",
        learn_more(run, thresholds, LEARNT),
        {"spread_ratio": spread, "spread_low": interval.low, "spread_high": interval.high, "calibration_slope": slope},
    )
