"""What the preprocessed scans of this study need on disk."""

import math
from typing import TYPE_CHECKING

from volest.experiments.doctor.disk import free_bytes
from volest.experiments.doctor.verdict import Check, Outcome, failed, ok, warning
from volest.experiments.doctor.wording import size
from volest.preprocessing.cache import ScanCache

if TYPE_CHECKING:
    from volest.experiments.doctor.subject import Subject

BYTES_A_VOXEL = 2
"""Entries are float16."""


def check_cache_size(subject: "Subject") -> Outcome:
    """Folds with nearly the same scans share a grid and its entries; at the worst each fold has its own."""
    entries, folds = len(subject.manifest), subject.folds.count
    made = ScanCache(subject.cache, subject.grid, subject.config.preprocessing.clip_percentiles).folder
    there = min(len(list(made.glob("*.npy"))), entries)
    need = (entries - there) * math.prod(subject.grid.shape) * BYTES_A_VOXEL
    worst = need + entries * math.prod(subject.grid.shape) * BYTES_A_VOXEL * (folds - 1)
    free = free_bytes(subject.cache)
    found = f"{size(need)} to write, {size(worst)} if every fold has its own grid; {size(free)} free"
    remedy = "Name a larger disk with preprocessing.cache, or lower preprocessing.voxel_budget."
    if need > free:
        return failed(found, remedy)
    return ok(found) if worst < free else warning(found, remedy)


CACHE_SIZE = Check("cache size", check_cache_size, needs=("scans", "cache folder"))
