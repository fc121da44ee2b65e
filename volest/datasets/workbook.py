"""The gate of Excel workbooks: cells as a person sees them. Nothing else knows openpyxl."""

import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl

from volest.errors import ManifestError

Cell = str | float | date
"""What a cell holds; whole numbers and ids are text, as is everything that is neither number nor day."""

_LARGEST_BYTES = 512 * 2**20
"""Of a workbook when unpacked."""

_ONLY_ZEROS = re.compile(r"0{2,}")


def read_workbook(path: Path, sheet: str | None = None) -> tuple[list[list[Cell]], str]:
    """Read one sheet into rows of cells, and say which.

    A 7 that is shown as 007 is read as 007; a formula is read as the value that Excel saved with it.

    Raises:
        ManifestError: no workbook, no such sheet, or several that hold anything and none was named.
    """
    with _faults_named(path):
        _require_small(path)
    with _faults_named(path), closing(openpyxl.load_workbook(path, read_only=True, data_only=True)) as workbook:
        grids = {
            worksheet.title: _grid(worksheet) for worksheet in workbook.worksheets if sheet in (None, worksheet.title)
        }
        names = [worksheet.title for worksheet in workbook.worksheets]
    if sheet is not None and sheet not in grids:
        raise ManifestError(
            f"labels {path}: no sheet {sheet!r}; it has {', '.join(map(repr, names))}. Name one of them."
        )
    filled = [name for name, grid in grids.items() if grid]
    if len(filled) > 1:
        raise ManifestError(
            f"labels {path}: {len(filled)} sheets hold something. Say which has the labels: "
            f"{' or '.join(f'--sheet {name!r}' for name in filled)}."
        )
    if not filled:
        raise ManifestError(f"labels {path}: {'the sheet is' if sheet else 'all sheets are'} empty.")
    return grids[filled[0]], f"sheet {filled[0]!r}"


def _require_small(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        unpacked_bytes = sum(entry.file_size for entry in archive.infolist())
    if unpacked_bytes > _LARGEST_BYTES:
        raise ValueError(f"it unpacks to {unpacked_bytes / 2**30:.1f} GiB, which no table of labels does")


def _grid(worksheet: Any) -> list[list[Cell]]:
    """Rows of a sheet up to the last one that holds anything."""
    worksheet.reset_dimensions()  # some programs write them wrongly
    grid = [[_cell(cell) for cell in row] for row in worksheet.iter_rows()]
    while grid and not any(cell != "" for cell in grid[-1]):
        grid.pop()
    return grid


def _cell(cell: Any) -> Cell:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, bool | str | date):
        return value if isinstance(value, str | date) else str(value).upper()
    if isinstance(value, int | float):
        return _number(value, cell.number_format)
    return str(value)


def _number(value: float, number_format: str | None) -> Cell:
    if value != int(value):
        return float(value)
    shown = str(int(value))
    return shown.zfill(len(number_format)) if number_format and _ONLY_ZEROS.fullmatch(number_format) else shown


@contextmanager
def _faults_named(path: Path) -> Iterator[None]:
    """Whatever goes wrong inside becomes a ManifestError that names the file: openpyxl raises many classes."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions that are not kept; we want the cells
            yield
    except FileNotFoundError:
        raise
    except Exception as error:
        raise ManifestError(
            f"labels {path} cannot be read as a workbook: {str(error) or type(error).__name__}. "
            "Open it in Excel and save it again as .xlsx, or as CSV."
        ) from error
