"""VOL122: the training waits for its data."""

from collections.abc import Iterator

import numpy as np

from volest.config import Config
from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import Fault, Verdict
from volest.evaluation.loader_wait import held_gib, quicker_batches, wait_percent
from volest.records.findings import Severity

FAULT = Fault("VOL122", "training waits for its data", (Severity.NOTE,))


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """Median share of an epoch that was spent waiting, over the folds."""
    of_folds = [wait_percent(history["loader_wait_share"]) for history in run.histories.values()]
    known = [percent for percent in of_folds if percent is not None]
    if not known:
        yield FAULT.not_applicable("no history.csv has a share of waiting")
        return
    percent = float(np.median(known))
    if percent <= thresholds.loader_wait_percent:
        yield FAULT.passed(f"{percent:.0f}% of an epoch is spent waiting for data")
        return
    yield FAULT.found(
        Severity.NOTE,
        f"{percent:.0f}% of an epoch (median) is spent making batches or waiting for them; the result is the same.",
        quicker_batches(run.config or Config(), _scans_gib(run)),
        {"loader_wait_percent": percent},
    )


def _scans_gib(run: RunRecords) -> float | None:
    """What the training scans of the largest fold need on its grid; None where no record tells."""
    known = [held_gib(len(run.training_scans(fold)), model.grid.shape) for fold, model in run.models.items()]
    return max(known) if any(known) else None
