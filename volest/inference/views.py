"""One scan seen several times: itself, and moved as in the training."""

import numpy as np

from volest.augmentation.backend import build_augmentation
from volest.augmentation.pipeline import Augmented
from volest.config.augmentation import AugmentationConfig
from volest.preprocessing.intensity import Voxels


def views_of(voxels: Voxels, moved_by: AugmentationConfig, count: int) -> list[Augmented]:
    """The preprocessed scan (i, j, k) itself, then `count` - 1 times moved, each with its volume factor.

    Each view draws from a generator of its own number: the same scan gives the same views, whatever came before.
    """
    itself = Augmented(voxels, 1.0)
    if count == 1:
        return [itself]
    pipeline = build_augmentation(moved_by)
    return [itself, *(pipeline(voxels, np.random.default_rng(view)) for view in range(1, count))]
