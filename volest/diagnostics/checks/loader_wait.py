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
    config = run.config or Config()
    if config.augmentation.backend == "torchio" or config.training.workers:
        quicker = "Set augmentation.backend: torch and training.workers: null, which wait for no other process; "
    else:
        quicker = "Set training.memory_gib so high that all scans are held in memory; "
    yield FAULT.found(
        Severity.NOTE,
        f"{percent:.0f}% of an epoch (median) is spent making batches or waiting for them; the result is the same.",
        f"{quicker}put preprocessing.cache on a local disk; lower the probability of augmentation.elastic, which costs "
        "most.",
        {"loader_wait_percent": percent},
    )
