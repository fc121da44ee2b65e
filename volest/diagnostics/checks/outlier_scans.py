"""VOL121: scans worth a second look, ranked."""

from collections.abc import Iterator

import numpy as np

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import Fault, Verdict
from volest.diagnostics.wording import listed
from volest.records.findings import Severity

FAULT = Fault("VOL121", "outlier scans worth a second look", (Severity.NOTE,))

MOST = 20
"""Scans that one note ranks."""

FEWEST = 10
"""Scans without which no error is ordinary."""


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """Relative errors in robust standard deviations from their median: 1.4826 times the median absolute deviation."""
    if len(run.held_out) < FEWEST:
        yield FAULT.not_applicable(f"{len(run.held_out)} held-out scans are too few to call one of them odd")
        return
    errors = run.held_out["error_percent"]
    scale = 1.4826 * float((errors - errors.median()).abs().median())
    sizes = (errors - errors.median()).abs() / scale if scale > 0 else errors * 0.0
    ranked = run.held_out.assign(size=sizes).sort_values("size", ascending=False, kind="stable")
    odd = ranked[ranked["size"] > thresholds.outlier_sd].head(MOST)
    shown = odd if len(odd) else ranked.head(3)
    each = [f"{row.scan_id!r} {row.error_percent:+.0f}%" for row in shown.itertuples()]
    if odd.empty:
        yield FAULT.passed(f"no error stands apart; the largest: {listed(each)}")
        return
    yield FAULT.found(
        Severity.NOTE,
        f"Far from all other errors, {len(odd)} of {len(ranked)} scans: {listed(each)}.",
        "Look at them, at their labels and at whose they are, in this order (check.html of `volest check` shows them).",
        dict(zip(odd["scan_id"], odd["error_percent"].astype(float), strict=True)),
        list(odd["scan_id"]),
        list(dict.fromkeys(odd["patient_id"])),
    )
