"""VOL123: predictions that are no number."""

from collections.abc import Iterator

import numpy as np

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.remedies import calm
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import Fault, Verdict
from volest.diagnostics.wording import listed
from volest.records.findings import Severity

FAULT = Fault("VOL123", "predictions are no number", (Severity.ERROR,))


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """Held-out scans that no other check can count."""
    count = len(run.not_finite) + len(run.held_out)
    if not count:
        yield FAULT.not_applicable("there is no prediction")
        return
    if not run.not_finite:
        yield FAULT.passed(f"all {count} predictions are finite")
        return
    yield FAULT.found(
        Severity.ERROR,
        f"{len(run.not_finite)} of {count} held-out scans have no finite prediction, or no reference above zero: "
        f"{listed(map(repr, run.not_finite))}. All figures here are without them.",
        f"If the table was edited, restore it. If the training diverged: {calm(run.config)}",
        {"scans": len(run.not_finite)},
        run.not_finite,
    )
