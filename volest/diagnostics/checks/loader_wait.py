"""VOL122: the training waits for its data."""

from collections.abc import Iterator

import numpy as np

from volest.config import Config
from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import Fault, Verdict
from volest.records.findings import Severity

FAULT = Fault("VOL122", "training waits for its data", (Severity.NOTE,))


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """Median share of an epoch that was spent waiting; the first epoch, which starts the workers, is left out."""
    shares = [history["loader_wait_share"].iloc[1:] for history in run.histories.values()]
    known = np.concatenate([share[np.isfinite(share)] for share in shares]) if shares else np.array([])
    if not len(known):
        yield FAULT.not_applicable("no history.csv has a share of waiting")
        return
    percent = 100 * float(np.median(known))
    if percent <= thresholds.loader_wait_percent:
        yield FAULT.passed(f"{percent:.0f}% of an epoch is spent waiting for data")
        return
    workers = (run.config or Config()).training.workers
    yield FAULT.found(
        Severity.NOTE,
        f"{percent:.0f}% of an epoch (median) is spent waiting for data; the result is the same, only later.",
        f"Set training.workers: {4 if workers is None else max(2, 2 * workers)}, as far as there are cores; put "
        "preprocessing.cache on a local disk; lower the probability of augmentation.elastic, which costs most.",
        {"loader_wait_percent": percent},
    )
