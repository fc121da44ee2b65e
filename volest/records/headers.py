"""`headers.csv`: how each scan was sampled, so that errors can be compared with it once the scans are elsewhere."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from volest.records.row_table import read_rows, write_rows


@dataclass(frozen=True)
class HeaderRow:
    """One scan.

    Attributes:
        spacing_mm: edge of the cube that is as large as a voxel.
        field_of_view_ml: volume of the whole raster.
    """

    scan_id: str
    spacing_mm: float
    field_of_view_ml: float


def write_headers(rows: Iterable[HeaderRow], path: Path) -> None:
    """Write a row per scan."""
    write_rows(rows, HeaderRow, path, "%.10g")


def read_headers(path: Path) -> dict[str, HeaderRow]:
    """The rows by scan_id.

    Raises:
        RunError: no such file, or no such table.
    """
    return {row.scan_id: row for row in read_rows(HeaderRow, path)}
