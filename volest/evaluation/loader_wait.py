"""How much of a training goes into making batches, and what would make them quicker."""

import math

import numpy as np
import pandas as pd

from volest.config import Config
from volest.geometry import Shape


def held_gib(scans: int, shape: Shape) -> float:
    """GiB of so many preprocessed scans of `shape` voxels, as their files and a training hold them (float16)."""
    return scans * math.prod(shape) * 2 / 2**30


def wait_percent(shares: pd.Series) -> float | None:
    """Median share of an epoch in per cent, the first epoch left out, as it starts workers and fills caches.

    Args:
        shares: `loader_wait_share` of each epoch, in order.

    Returns:
        None where no epoch is left.
    """
    known = shares.iloc[1:].dropna()
    return 100 * float(np.median(known)) if len(known) else None


def quicker_batches(config: Config, scans_gib: float | None = None) -> str:
    """What to set where batches hold a training up.

    Args:
        config: of the training.
        scans_gib: that the preprocessed training scans of a fold need; None where nobody knows.
    """
    training, augmentation = config.training, config.augmentation
    steps = []
    if augmentation.backend == "torchio" or training.workers:
        steps.append("set augmentation.backend: torch and training.workers: null, which wait for no other process")
    elif scans_gib is None:
        steps.append("set training.memory_gib so high that all scans are held in memory, if they are not")
    elif scans_gib > training.memory_gib:
        steps.append(f"set training.memory_gib: {math.ceil(scans_gib)}, which holds all scans in memory")
    if steps:
        steps.append("put preprocessing.cache on a local disk")
    if augmentation.enabled and augmentation.elastic.probability > 0:
        steps.append("lower augmentation.elastic.probability: it costs most")
    told = "; ".join(steps) or "leave it: all scans are held in memory, and what is left is the work on each batch"
    return f"{told[0].upper()}{told[1:]}."
