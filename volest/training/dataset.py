"""Cached scans as torch examples: augmented anew for every (seed, epoch, scan) in training, untouched in evaluation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from volest.augmentation.pipeline import AugmentationPipeline, Augmented
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
        occupancy: cache entry of the mask; None where there is none, or none is wanted.
    """

    scan_id: str
    patient_id: str
    voxels: Path
    volume_ml: float
    fov_ml: float
    occupancy: Path | None = None


class TrainingScans(Dataset[tuple[Tensor, ...]]):
    """Examples by (epoch, position): voxels (1, i, j, k) and the standardised target, which follows what was drawn.

    Where any of them has a mask, the occupancy (1, i, j, k) comes third, moved as the scan: NaN for those without.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        augmentation: AugmentationPipeline | None,
        target: TargetScaling,
        seed: int,
    ) -> None:
        self.examples = examples
        self.voxels = _MappedVoxels([example.voxels for example in examples])
        self.occupancy = _MappedVoxels([example.occupancy for example in examples])
        self.augmentation = augmentation
        self.target = target
        self.seed = seed

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, key: Key) -> tuple[Tensor, ...]:
        epoch, position = key
        example = self.examples[position]
        scan = Augmented(self.voxels[position], 1.0, self.occupancy[position] if example.occupancy else None)
        if self.augmentation is not None:
            scan = self.augmentation(scan.voxels, scan_rng(self.seed, epoch, example.scan_id), scan.occupancy)
        target = self.target.encode(example.volume_ml * scan.volume_factor, example.fov_ml)
        tensors = _as_tensor(scan.voxels), torch.tensor(target, dtype=torch.float32)
        if not any(self.occupancy.paths):
            return tensors
        occupancy = np.full_like(scan.voxels, np.nan) if scan.occupancy is None else scan.occupancy
        return *tensors, torch.from_numpy(occupancy)[None]


class EvaluationScans(Dataset[Tensor]):
    """Examples by position, as a new scan would be seen: voxels (1, i, j, k)."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.voxels = _MappedVoxels([example.voxels for example in examples])

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
    """Cache entries by position; each file is opened once, for opening takes longer than reading."""

    def __init__(self, paths: Sequence[Path | None]) -> None:
        self.paths = paths
        self.mapped: dict[int, MappedEntry] = {}

    def __getitem__(self, position: int) -> Voxels:
        if position not in self.mapped:
            path = self.paths[position]
            assert path is not None
            self.mapped[position] = map_entry(path)
        return widen(self.mapped[position])


def _as_tensor(voxels: np.ndarray) -> Tensor:
    return torch.from_numpy(standardise(voxels)[None])
