"""VOL103: the networks do not even learn their training scans."""

from collections.abc import Iterator

import numpy as np

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.remedies import enlarge, learn_more
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import Fault, Verdict
from volest.diagnostics.wording import number, of_folds
from volest.records.findings import Severity

FAULT = Fault("VOL103", "underfitting: training scans are not learnt", (Severity.WARNING,))


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """The share of the variance of training scans that the last weights explain."""
    ends = {fold: float(history["train_r2"].iloc[-1]) for fold, history in run.histories.items()}
    ends = {fold: r2 for fold, r2 in ends.items() if np.isfinite(r2)}
    if not ends:
        yield FAULT.not_applicable("no history.csv has an R2 on training scans at its end")
        return
    low = [fold for fold, r2 in ends.items() if r2 < thresholds.underfit_r2]
    median = float(np.median(list(ends.values())))
    if not low:
        yield FAULT.passed(f"R2 on training scans is {number(min(ends.values()))} or more in every fold")
        return
    yield FAULT.found(
        Severity.WARNING,
        f"At the end the networks of {of_folds(low)} explain less than {thresholds.underfit_r2:.0%} of the variance of "
        f"the very scans they were trained on (median R2 of all folds {number(median)}).",
        learn_more(run, thresholds, enlarge(run.config)),
        {f"fold_{fold}_train_r2": ends[fold] for fold in low},
    )
