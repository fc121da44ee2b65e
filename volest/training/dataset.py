"""Cached scans as torch examples: augmented anew for every (seed, epoch, scan) in training, untouched in evaluation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from volest.augmentation.pipeline import AugmentationPipeline
from volest.augmentation.stream import scan_rng
from volest.preprocessing.cache import MappedEntry, map_entry, widen
from volest.preprocessing.intensity import Voxels, standardise
from volest.records.model import TargetScaling

Key = tuple[int, int]
"""(epoch, position of the scan): a worker needs nothing else to know what to draw."""


@dataclass(frozen=True)
class Example:
    """A preprocessed scan with its reference.

    Attributes:
        voxels: cache entry, intensities in [0, 1] on the grid.
        fov_ml: field of view of the scan as acquired.
    """

    scan_id: str
    patient_id: str
    voxels: Path
    volume_ml: float
    fov_ml: float


class TrainingScans(Dataset[tuple[Tensor, Tensor]]):
    """Examples by (epoch, position): voxels (1, i, j, k) and the standardised target, which follows what was drawn."""

    def __init__(
        self,
        examples: Sequence[Example],
        augmentation: AugmentationPipeline | None,
        target: TargetScaling,
        seed: int,
    ) -> None:
        self.examples = examples
        self.voxels = _MappedVoxels(examples)
        self.augmentation = augmentation
        self.target = target
        self.seed = seed

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, key: Key) -> tuple[Tensor, Tensor]:
        epoch, position = key
        example = self.examples[position]
        voxels, volume_ml = self.voxels[position], example.volume_ml
        if self.augmentation is not None:
            augmented = self.augmentation(voxels, scan_rng(self.seed, epoch, example.scan_id))
            voxels, volume_ml = augmented.voxels, volume_ml * augmented.volume_factor
        target = self.target.encode(volume_ml, example.fov_ml)
        return _as_tensor(voxels), torch.tensor(target, dtype=torch.float32)


class EvaluationScans(Dataset[Tensor]):
    """Examples by position, as a new scan would be seen: voxels (1, i, j, k)."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.voxels = _MappedVoxels(examples)

    def __len__(self) -> int:
        return len(self.voxels.paths)

    def __getitem__(self, position: int) -> Tensor:
        return _as_tensor(self.voxels[position])


class EpochSampler(Sampler[Key]):
    """Every scan once an epoch, in an order that is a function of (seed, epoch).

    Args:
        count: number of scans.
        seed: of the orders.
        epoch: the first, where a training goes on: workers fetch ahead before Lightning has set it.
    """

    def __init__(self, count: int, seed: int, epoch: int = 0) -> None:
        self.count = count
        self.seed = seed
        self.epoch = epoch

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning before each epoch."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[Key]:
        order = np.random.default_rng([self.seed, self.epoch]).permutation(self.count)
        return iter([(self.epoch, int(position)) for position in order])

    def __len__(self) -> int:
        return self.count


class _MappedVoxels:
    """Voxels of the examples, by position; each file is opened once, for opening takes longer than reading."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.paths = [example.voxels for example in examples]
        self.mapped: dict[int, MappedEntry] = {}

    def __getitem__(self, position: int) -> Voxels:
        if position not in self.mapped:
            self.mapped[position] = map_entry(self.paths[position])
        return widen(self.mapped[position])


def _as_tensor(voxels: np.ndarray) -> Tensor:
    return torch.from_numpy(standardise(voxels)[None])
