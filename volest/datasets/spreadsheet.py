"""Tables as people keep them: `.csv`, `.tsv` and `.xlsx`, cell by cell, with how they were read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from volest.datasets.columns import clean
from volest.datasets.delimited import read_delimited
from volest.datasets.workbook import Cell, read_workbook
from volest.errors import ManifestError

WORKBOOKS = (".xlsx", ".xlsm")
DELIMITED = (".csv", ".tsv", ".txt")


@dataclass(frozen=True)
class TableRow:
    """One row.

    Attributes:
        number: in the file, the first one being 1.
        cells: text that was cleaned, or the number or day that a workbook holds; empty cells are ''.
    """

    number: int
    cells: dict[str, Cell]


@dataclass(frozen=True)
class Spreadsheet:
    """A table with a name for each column.

    Attributes:
        rows: those with anything in them.
        how: how it was read, in words.
        commas_part: whether commas part the cells, so that a number has its decimal point.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    how: str
    commas_part: bool


def read_spreadsheet(path: Path, sheet: str | None = None) -> Spreadsheet:
    """Read a table whose first row that is not empty names the columns.

    Columns without a name are left out, and told of in `how`.

    Args:
        path: ends in .csv, .tsv, .txt, .xlsx or .xlsm.
        sheet: of a workbook; needed where several hold anything.

    Raises:
        ManifestError: no such file, another kind, a name that two columns share, a row longer than the first, or
            no rows.
    """
    suffix = path.suffix.casefold()
    if suffix not in WORKBOOKS + DELIMITED:
        raise ManifestError(
            f"labels {path}: tables that end in {suffix!r} are not read. "
            f"Save it as .xlsx or .csv ({', '.join(WORKBOOKS + DELIMITED)} are read)."
        )
    if sheet is not None and suffix not in WORKBOOKS:
        raise ManifestError(
            f"labels {path}: --sheet {sheet!r} is for workbooks; a {suffix} has one sheet. Leave it out."
        )
    try:
        grid, how = read_workbook(path, sheet) if suffix in WORKBOOKS else read_delimited(path)
    except FileNotFoundError:
        raise ManifestError(f"labels {path} do not exist. Correct the path.") from None
    return _with_names(grid, how, path)


def _with_names(grid: Sequence[Sequence[Cell]], how: str, path: Path) -> Spreadsheet:
    cleaned = [[clean(cell) if isinstance(cell, str) else cell for cell in row] for row in grid]
    filled = [(number, row) for number, row in enumerate(cleaned, 1) if any(cell != "" for cell in row)]
    if len(filled) < 2:
        raise ManifestError(f"labels {path}: expected a row with names and at least one below, got {len(filled)} rows.")
    (head_number, head), *body = filled
    names = [" ".join(_text(cell).split()) for cell in head]
    while names and not names[-1]:
        names.pop()
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise ManifestError(f"labels {path}: two columns are named {twice[0]!r}. Rename or remove one of them.")
    rows = tuple(_row(number, row, names, path) for number, row in body)
    unnamed = sum(not name for name in names)
    how += f", names in row {head_number}" if head_number > 1 else ""
    how += f", {unnamed} columns without a name left out" if unnamed else ""
    return Spreadsheet(path, tuple(filter(None, names)), rows, how, how.startswith("comma"))


def _row(number: int, row: Sequence[Cell], names: list[str], path: Path) -> TableRow:
    beyond = [cell for cell in row[len(names) :] if cell != ""]
    if beyond:
        raise ManifestError(
            f"labels {path}: row {number} has {len(row)} cells, but {len(names)} columns have a name; {beyond[0]!r} is "
            "too much. A decimal comma in a table whose cells commas part must stand in quotes; else name the column."
        )
    cells = [*row[: len(names)], *[""] * (len(names) - len(row))]
    return TableRow(number, {name: cell for name, cell in zip(names, cells, strict=True) if name})


def _text(cell: Cell) -> str:
    return cell.isoformat() if isinstance(cell, date) else str(cell)
