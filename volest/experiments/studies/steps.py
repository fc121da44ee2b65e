"""Trainings of equally many steps."""

from volest.config.schema import TrainingConfig


def steps_per_epoch(training: TrainingConfig, scans: int) -> int:
    """Batches of one epoch; a last one of a single scan is left out, as it has no batch statistics."""
    batch_size = min(training.batch_size, scans)
    rest = scans % batch_size
    return scans // batch_size + (rest > 0 and not (batch_size > 1 and rest == 1))


def equally_many_steps(training: TrainingConfig, scans: int, like: TrainingConfig, of_scans: int) -> TrainingConfig:
    """`training` on `scans` scans, with epochs and warm-up for as many steps as `like` takes on `of_scans`."""
    ratio = steps_per_epoch(like, of_scans) / steps_per_epoch(training, scans)
    epochs = max(1, round(like.epochs * ratio))
    return training.model_copy(update={"epochs": epochs, "warmup_epochs": like.warmup_epochs * ratio})
