"""The table of labels: its rows as text of a manifest, and the files that they name."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from volest.datasets.columns import rename_columns
from volest.datasets.conversion import Conventions, Source, convert
from volest.datasets.pattern import path_key
from volest.datasets.spreadsheet import Spreadsheet
from volest.errors import ManifestError


@dataclass(frozen=True)
class LabelRow:
    """One row of the table, as text of a manifest.

    Attributes:
        number: in the file.
        columns: by name; '' where empty.
    """

    number: int
    columns: Mapping[str, str]

    @property
    def name(self) -> str:
        """What it is called in messages."""
        told = next((text for name in ("scan_id", "path", "patient_id") if (text := self.columns.get(name))), "")
        return f"row {self.number} ({told!r})" if told else f"row {self.number}"


@dataclass(frozen=True)
class LabelTable:
    """A spreadsheet whose columns have names of the manifest.

    Attributes:
        sheet: as it was read.
        renamed: column of the spreadsheet to column of the manifest.
    """

    sheet: Spreadsheet
    renamed: Mapping[str, str]

    @classmethod
    def of(cls, sheet: Spreadsheet, named: Mapping[str, str]) -> "LabelTable":
        """Name the columns; `named` is column of the manifest to column of the spreadsheet.

        Raises:
            ManifestError: as `rename_columns`.
        """
        return cls(sheet, rename_columns(sheet.columns, named, f"labels {sheet.path}"))

    @property
    def columns(self) -> tuple[str, ...]:
        """As the manifest calls them."""
        return tuple(self.renamed[name] for name in self.sheet.columns)

    @property
    def folder(self) -> Path:
        """What its paths are relative to."""
        return self.sheet.path.absolute().parent

    def rows(self, conventions: Conventions) -> tuple[tuple[LabelRow, ...], Mapping[str, str]]:
        """The rows, and how each column was read, in words.

        Raises:
            ManifestError: as `convert`.
        """
        cells = [{self.renamed[name]: cell for name, cell in row.cells.items()} for row in self.sheet.rows]
        numbers = [row.number for row in self.sheet.rows]
        texts = [{name: str(cell) for name, cell in row.items()} for row in cells]
        source = Source(
            name=f"labels {self.sheet.path}",
            rows=cells,
            row_names=[LabelRow(number, row).name for number, row in zip(numbers, texts, strict=True)],
            spoken={column: f"column {name!r}" for name, column in self.renamed.items()},
            point_is_usual=self.sheet.commas_part,
        )
        rows, told = convert(source, conventions)
        return tuple(LabelRow(number, row) for number, row in zip(numbers, rows, strict=True)), told


def locate_rows(
    rows: Sequence[LabelRow], bases: Sequence[Path], files: Sequence[Path]
) -> tuple[dict[int, Path], Path | None]:
    """Files that rows name: all relative to the first of `bases` below which any of them lies.

    Returns:
        Path by number of the row, those that are not found left out, and the base.
    """
    named = [row for row in rows if row.columns.get("path")]
    known = {path_key(file): file for file in files}
    for base in bases:
        found = {row.number: path for row in named if (path := locate(row.columns["path"], base, known))}
        if found:
            return found, base
    return {}, None


def locate_masks(rows: Sequence[LabelRow], base: Path, files: Sequence[Path]) -> tuple[LabelRow, ...]:
    """The rows, the mask_path of each absolute.

    Raises:
        ManifestError: a mask that does not exist.
    """
    known = {path_key(file): file for file in files}
    return tuple(_with_mask(row, base, known) for row in rows)


def locate(text: str, base: Path, known: Mapping[str, Path]) -> Path | None:
    """The file that a path in a table means, whatever its slashes, its accents, and the case of its suffix."""
    for spelling in dict.fromkeys((text, text.replace("\\", "/"))):
        path = Path(os.path.normpath(base / spelling))
        if path.exists():
            return path
        key = path_key(path)
        if key in known:
            return known[key].absolute()
    return None


def _with_mask(row: LabelRow, base: Path, known: Mapping[str, Path]) -> LabelRow:
    mask = row.columns.get("mask_path")
    if not mask:
        return row
    path = locate(mask, base, known)
    if path is None:
        raise ManifestError(
            f"{row.name}: its mask {mask} does not exist below {base}. Paths of masks are relative to the table. "
            "Correct it, or empty the cell."
        )
    return replace(row, columns={**row.columns, "mask_path": str(path)})
