"""Where training takes preprocessed scans from: one array in memory or, where they are too many, their files."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from volest.augmentation.voxels import Batch
from volest.evaluation.loader_wait import held_gib
from volest.preprocessing.cache import MappedEntry, map_entry


class ScanStack:
    """Cache entries by position, in batches.

    Args:
        paths: of the entries; None stands for a raster of zeros.
        device: where batches are wanted.
        memory_gib: entries that need no more than this together are held there, as they lie in their files (float16);
            more are mapped into memory and read when used, each opened once, for opening takes longer than reading.
    """

    def __init__(self, paths: Sequence[Path | None], device: str = "cpu", memory_gib: float = 0.0) -> None:
        self.paths = paths
        self.device = device
        self.mapped: dict[int, MappedEntry] = {}
        self.held: Tensor | None = None
        self.shape = next(self._entry(n).shape for n, path in enumerate(paths) if path is not None)
        if held_gib(len(paths), self.shape) <= memory_gib:
            self.held = self._read(range(len(paths))).to(device)
            self.mapped.clear()

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, positions: Sequence[int]) -> Batch:
        """New voxels (batch, 1, i, j, k) in float32, on the device."""
        if self.held is not None:
            return self.held[torch.as_tensor(positions, device=self.device)].float()
        return self._read(positions).to(self.device).float()

    def _read(self, positions: Sequence[int]) -> Tensor:
        batch = torch.zeros((len(positions), 1, *self.shape), dtype=torch.float16)
        for scan, position in zip(batch, positions, strict=True):
            if self.paths[position] is not None:
                scan[0] = torch.from_numpy(self._entry(position))
        return batch

    def _entry(self, position: int) -> MappedEntry:
        if position not in self.mapped:
            path = self.paths[position]
            assert path is not None
            self.mapped[position] = map_entry(path)
        return self.mapped[position]
