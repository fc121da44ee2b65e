"""Batches of cached scans: augmented anew for every (seed, epoch, scan) in training, untouched in evaluation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from volest.augmentation.pipeline import AugmentationPipeline
from volest.augmentation.stream import scan_rng
from volest.preprocessing.intensity import standardise_
from volest.records.model import TargetScaling
from volest.training.processes import part_of
from volest.training.scan_stack import ScanStack

Key = tuple[int, int]
"""(epoch, position of the scan): whoever makes the batch needs nothing else to know what to draw."""

LEAST_SEEN = 0.05
"""Of a structure; one that has hardly anything left in the raster would be a target without a logarithm."""


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
    """Batches by keys: voxels (batch, 1, i, j, k) and the standardised targets, which follow what was drawn.

    Where any example has a mask, the occupancy (batch, 1, i, j, k) comes third, moved as the scan: NaN for those
    without. A mask knows how much of its structure a moved scan still holds, and the target is that much of the
    reference: what a zoom or a shift pushes over the border of the raster is nowhere to be seen. Without a mask the
    target follows the volume factor of the map.

    Args:
        examples: the scans.
        augmentation: what is drawn for them; None leaves them as they are.
        target: scaling of the references.
        seed: of the draws.
        device: where batches are made.
        memory_gib: that cached scans may take there, and masks once more.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        augmentation: AugmentationPipeline | None,
        target: TargetScaling,
        seed: int,
        device: str = "cpu",
        memory_gib: float = 0.0,
    ) -> None:
        self.examples = examples
        self.stack = ScanStack([example.voxels for example in examples], device, memory_gib)
        masks = [example.occupancy for example in examples]
        self.masks = ScanStack(masks, device, memory_gib) if any(masks) else None
        self.augmentation = augmentation
        self.target = target
        self.seed = seed

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, keys: Sequence[Key]) -> tuple[Tensor, ...]:
        positions = [position for _, position in keys]
        examples = [self.examples[position] for position in positions]
        scans, factors = self.stack[positions], [1.0] * len(keys)
        if self.masks is not None:
            scans = torch.cat([scans, self.masks[positions]], dim=1)
        if self.augmentation is not None:
            scans, factors = self._augmented(self.augmentation, scans, keys)
        targets = [self.target.encode(e.volume_ml * f, e.fov_ml) for e, f in zip(examples, factors, strict=True)]
        voxels, occupancy = standardise_(scans[:, :1].contiguous()), scans[:, 1:]
        batch = voxels, torch.tensor(targets, dtype=torch.float32, device=voxels.device)
        if self.masks is None:
            return batch
        occupancy[[example.occupancy is None for example in examples]] = torch.nan
        return *batch, occupancy

    def _augmented(
        self, augmentation: AugmentationPipeline, scans: Tensor, keys: Sequence[Key]
    ) -> tuple[Tensor, list[float]]:
        i, j, k = scans.shape[2:]
        copies = augmentation.config.copies
        rngs = [
            scan_rng(self.seed, epoch % copies if copies else epoch, self.examples[position].scan_id)
            for epoch, position in keys
        ]
        drawn = [augmentation.sample(rng, (i, j, k)) for rng in rngs]
        moved, factors = augmentation.apply(scans, drawn), [augmentation.volume_factor(one) for one in drawn]
        if self.masks is not None and augmentation.config.follow:
            before, after = (part[:, 1].double().sum(dim=(1, 2, 3)).tolist() for part in (scans, moved))
            for n, whole in enumerate(before):
                if whole:  # without a mask there is nothing
                    factors[n] = max(after[n] / whole, LEAST_SEEN * factors[n])
        return moved, factors


class EvaluationScans(Dataset[Tensor]):
    """Batches by positions, as new scans would be seen: voxels (batch, 1, i, j, k)."""

    def __init__(self, stack: ScanStack) -> None:
        self.stack = stack

    def __len__(self) -> int:
        return len(self.stack)

    def __getitem__(self, positions: Sequence[int]) -> Tensor:
        return standardise_(self.stack[positions])


@dataclass(frozen=True)
class Share:
    """Of a batch: several processes may each take one, and a process its own in several pieces, where it lacks memory.

    Attributes:
        process: this one, of `processes`.
        pieces: in which each process sees its share, one after the other.
    """

    process: int = 0
    processes: int = 1
    pieces: int = 1

    @property
    def parts(self) -> int:
        """Pieces of a batch, those of all processes together."""
        return self.processes * self.pieces

    def of(self, batch: Sequence[int], piece: int) -> Sequence[int]:
        """Piece number `piece` of this process; empty where the scans are fewer than the parts."""
        return part_of(batch, self.process * self.pieces + piece, self.parts)


class EpochBatches(Sampler[list[Key]]):
    """Every scan once an epoch, piece by piece of each batch, in an order that is a function of (seed, epoch).

    Args:
        count: number of scans.
        batch_size: of all batches but the last, which holds the rest. A rest of one scan, which has no batch
            statistics, is left out; another scan is so in every epoch.
        seed: of the orders.
        epoch: the first, where a training goes on: workers fetch ahead before Lightning has set it.
        share: that this process takes of a batch. A piece that would be empty has a scan that weighs nothing, as all
            processes must take every step.
    """

    def __init__(self, count: int, batch_size: int, seed: int, epoch: int = 0, share: Share = Share()) -> None:
        self.count = count
        self.batch_size = min(batch_size, count)
        self.seed = seed
        self.epoch = epoch
        self.share = share

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning before each epoch."""
        self.epoch = epoch

    def scans_in(self, n: int) -> float:
        """What piece number `n` of an epoch stands for: its part of the scans that all processes see in the batch."""
        return self._scans(n // self.share.pieces) / self.share.pieces

    def weight(self, n: int) -> float:
        """Of the mean over piece number `n` of an epoch, in the mean over all parts of its batch."""
        batch, piece = divmod(n, self.share.pieces)
        scans = self._scans(batch)
        return len(self.share.of(range(scans), piece)) * self.share.parts / scans

    def __iter__(self) -> Iterator[list[Key]]:
        order = np.random.default_rng([self.seed, self.epoch]).permutation(self.count).tolist()
        for n in range(len(self)):
            first, piece = n // self.share.pieces * self.batch_size, n % self.share.pieces
            batch = order[first : first + self.batch_size]
            yield [(self.epoch, position) for position in self.share.of(batch, piece) or batch[:1]]

    def __len__(self) -> int:
        whole, rest = divmod(self.count, self.batch_size)
        return (whole + (rest > 1)) * self.share.pieces

    def _scans(self, batch: int) -> int:
        return min(self.batch_size, self.count - batch * self.batch_size)
