"""Trainings of equally many steps."""

from typing import TypeVar, cast

from volest.config.pretraining import PretrainConfig
from volest.config.schema import TrainingConfig

Learning = TypeVar("Learning", bound=TrainingConfig | PretrainConfig)
"""A section with batch_size, epochs and warmup_epochs."""


def steps_per_epoch(training: Learning, scans: int) -> int:
    """Batches of one epoch; a last one of a single scan is left out, as it has no batch statistics."""
    batch_size = min(training.batch_size, scans)
    rest = scans % batch_size
    return scans // batch_size + (rest > 0 and not (batch_size > 1 and rest == 1))


def equally_many_steps(training: Learning, scans: int, like: Learning, of_scans: int) -> Learning:
    """`training` on `scans` scans, with epochs and warm-up for as many steps as `like` takes on `of_scans`."""
    ratio = steps_per_epoch(like, of_scans) / steps_per_epoch(training, scans)
    epochs = max(1, round(like.epochs * ratio))
    return cast(Learning, training.model_copy(update={"epochs": epochs, "warmup_epochs": like.warmup_epochs * ratio}))
