"""Preprocessed scans on disk: made once, memory-mapped by every fold, run and worker."""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float16

from volest.geometry import Grid
from volest.images.image import Image
from volest.preprocessing.intensity import DARKEST_TISSUE, Voxels
from volest.preprocessing.pipeline import VERSION, prepare, prepare_occupancy
from volest.preprocessing.scanned_field import scanned_field
from volest.records import atomic

ENVIRONMENT = "VOLEST_CACHE"

MappedEntry = Float16[np.ndarray, "i j k"]


def default_cache() -> Path:
    """`$VOLEST_CACHE`, or `volest` below the user's cache folder."""
    if ENVIRONMENT in os.environ:
        return Path(os.environ[ENVIRONMENT])
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "volest"


@dataclass(frozen=True)
class ScanCache:
    """Scans on one grid, each in a file named by the hash of its raster; float16, half the memory of float32.

    Two processes may build the same entry at once: entries appear in one step and are equal, so either may win.
    """

    root: Path
    grid: Grid
    clip_percentiles: tuple[float, float]

    @property
    def folder(self) -> Path:
        """Entries of this grid and clipping."""
        settings = {"version": VERSION, **asdict(self.grid), "clip_percentiles": self.clip_percentiles}
        digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
        return self.root / digest[:16]

    def entry(self, sha256: str) -> Path:
        """File of one scan."""
        return self.folder / f"{sha256}.npy"

    def ensure(self, sha256: str, read: Callable[[], Image]) -> Path:
        """The entry of a scan, made from `read()` where it is missing or damaged."""
        return self._made(self.entry(sha256), lambda: prepare(read(), self.grid, self.clip_percentiles).voxels)

    def ensure_occupancy(self, sha256: str, read: Callable[[], Image]) -> Path:
        """The entry of a mask, likewise."""
        return self._made(self.folder / f"{sha256}.occupancy.npy", lambda: prepare_occupancy(read(), self.grid))

    def ensure_field(self, sha256: str, read: Callable[[], Image]) -> Path:
        """The entry of the scanned field of a scan, 1 inside, likewise."""
        voxels = self.ensure(sha256, read)
        return self._made(self.folder / f"{sha256}.field.npy", lambda: _field(load_entry(voxels)))

    def _made(self, path: Path, prepared: Callable[[], Voxels]) -> Path:
        if not self._is_whole(path):
            with atomic.replacing(path) as temporary, temporary.open("wb") as file:
                np.save(file, prepared().astype(np.float16))
        return path

    def _is_whole(self, path: Path) -> bool:
        try:
            stored = np.load(path, mmap_mode="r")
        except (OSError, ValueError, EOFError):
            return False
        return stored.shape == self.grid.shape and stored.dtype == np.float16


def _field(voxels: Voxels) -> Voxels:
    return scanned_field(voxels > DARKEST_TISSUE).astype(np.float32)


def map_entry(path: Path) -> MappedEntry:
    """A preprocessed scan as it lies in its file, mapped into memory: pages are shared and read when used."""
    return np.load(path, mmap_mode="c")  # "c", as torch warns of arrays that it could not write to


def widen(entry: MappedEntry) -> Voxels:
    """A new array of float32; numpy takes ten times as long as torch."""
    return torch.from_numpy(entry).float().numpy()


def load_entry(path: Path) -> Voxels:
    """A preprocessed scan as float32 in [0, 1]."""
    return widen(map_entry(path))
