"""volest's own batches, as its training takes them."""

from collections.abc import Iterator
from itertools import count

from torch import Tensor

from bench.loops import Batches
from bench.study import Study
from volest.augmentation.backend import build_augmentation
from volest.config import Config
from volest.training.dataset import EpochBatches, TrainingScans
from volest.training.machine import choose_device


def own_scans(study: Study, config: Config) -> TrainingScans:
    """The training scans, held where batches are made."""
    return TrainingScans(
        study.data.training,
        build_augmentation(config.augmentation),
        study.data.target,
        config.seed,
        choose_device(config.training),
        config.training.memory_gib,
    )


def own_batches(study: Study, config: Config) -> Batches:
    """Augmented anew in every epoch."""
    scans = own_scans(study, config)
    order, epochs = EpochBatches(len(scans), config.training.batch_size, config.seed), count()

    def epoch() -> Iterator[tuple[Tensor, Tensor]]:
        order.set_epoch(next(epochs))
        for keys in order:
            voxels, target = scans[keys]
            yield voxels, target

    return epoch
