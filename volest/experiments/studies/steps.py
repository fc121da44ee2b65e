"""Trainings of equally many steps."""

import math
from typing import TypeVar, cast

from volest.config.pretraining import PretrainConfig
from volest.config.schema import TrainingConfig
from volest.training.dataset import EpochBatches

Learning = TypeVar("Learning", bound=TrainingConfig | PretrainConfig)
"""A section with batch_size, epochs and warmup_epochs."""


def steps_per_epoch(training: Learning, scans: int) -> int:
    """Moves of the weights in one epoch."""
    accumulate = training.accumulate if isinstance(training, TrainingConfig) else 1
    return math.ceil(len(EpochBatches(scans, training.batch_size, seed=0)) / accumulate)


def equally_many_steps(training: Learning, scans: int, like: Learning, of_scans: int) -> Learning:
    """`training` on `scans` scans, with epochs and warm-up for as many steps as `like` takes on `of_scans`."""
    ratio = steps_per_epoch(like, of_scans) / steps_per_epoch(training, scans)
    epochs = max(1, round(like.epochs * ratio))
    return cast(Learning, training.model_copy(update={"epochs": epochs, "warmup_epochs": like.warmup_epochs * ratio}))
