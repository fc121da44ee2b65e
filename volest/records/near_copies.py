"""`near_copies.csv`: pairs of scans that look like one, so that copies are seen once the scans are elsewhere."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from volest.records.row_table import read_rows, write_rows


@dataclass(frozen=True)
class NearCopy:
    """One pair.

    Attributes:
        first, second: scan_ids.
        correlation: of their textures, where they agree best.
        zoom: of the first scan, that makes it most like the second, both rasters taken for one size.
    """

    first: str
    second: str
    correlation: float
    zoom: float


def write_near_copies(pairs: Iterable[NearCopy], path: Path) -> None:
    """Write a row per pair."""
    write_rows(pairs, NearCopy, path, "%.4g")


def read_near_copies(path: Path) -> tuple[NearCopy, ...]:
    """The pairs.

    Raises:
        RunError: no such file, or no such table.
    """
    return tuple(read_rows(NearCopy, path))
