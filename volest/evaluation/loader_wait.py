"""How much of a training goes into making batches, and what would make them quicker."""

import numpy as np
import pandas as pd

from volest.config import Config


def wait_percent(shares: pd.Series) -> float | None:
    """Median share of an epoch in per cent, the first epoch left out, as it starts workers and fills caches.

    Args:
        shares: `loader_wait_share` of each epoch, in order.

    Returns:
        None where no epoch is left.
    """
    known = shares.iloc[1:].dropna()
    return 100 * float(np.median(known)) if len(known) else None


def quicker_batches(config: Config) -> str:
    """What to set where batches hold a training up."""
    if config.augmentation.backend == "torchio" or config.training.workers:
        first = "Set augmentation.backend: torch and training.workers: null, which wait for no other process; "
    else:
        first = "Set training.memory_gib so high that all scans are held in memory; "
    augmentation = config.augmentation
    warps = augmentation.enabled and augmentation.elastic.probability > 0
    dearest = "; lower augmentation.elastic.probability: it costs most" if warps else ""
    return f"{first}put preprocessing.cache on a local disk{dearest}."
