"""`image_quality.csv`: how bright, contrasty and sharp each scan is, so that errors can be held against it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from volest.records.row_table import read_rows, write_rows


@dataclass(frozen=True)
class QualityRow:
    """One scan.

    Attributes:
        brightness: mean grey level of what is not background, from 0 (darkest) to 1 (99.5th percentile).
        contrast: standard deviation of the same.
        graininess: share of their variance that two neighbouring voxels do not have in common: near 0 where the scan is
            blurred, 1 where it is noise.
    """

    scan_id: str
    brightness: float
    contrast: float
    graininess: float


def write_image_quality(rows: Iterable[QualityRow], path: Path) -> None:
    """Write a row per scan."""
    write_rows(rows, QualityRow, path, "%.6g")


def read_image_quality(path: Path) -> dict[str, QualityRow]:
    """The rows by scan_id.

    Raises:
        RunError: no such file, or no such table.
    """
    return {row.scan_id: row for row in read_rows(QualityRow, path)}
