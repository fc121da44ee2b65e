"""volest's own batches, as its training takes them."""

from collections.abc import Iterator
from itertools import count

from torch import Tensor

from bench.loops import Batches
from bench.study import Study
from volest.config import Config
from volest.training.dataset import EpochBatches
from volest.training.fit import training_scans


def own_batches(study: Study, config: Config) -> Batches:
    """Augmented anew in every epoch."""
    scans = training_scans(study.data, config)
    order, epochs = EpochBatches(len(scans), config.training.batch_size, config.seed), count()

    def epoch() -> Iterator[tuple[Tensor, Tensor]]:
        order.set_epoch(next(epochs))
        for keys in order:
            voxels, target = scans[keys]
            yield voxels, target

    return epoch
