"""From cells as people write them to the text of a manifest: millilitres, ISO dates, ids that stay text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from volest.datasets.dates import DateOrder, date_order, read_date
from volest.datasets.numerals import DecimalSign, decimal_sign, read_numeral
from volest.datasets.units import ML_PER_UNIT, Unit, choose_unit
from volest.datasets.workbook import Cell
from volest.errors import ManifestError

_SPELT = {Unit.ML: "mL", Unit.DL: "dL", Unit.L: "L"}

_TEXTS = ("scan_id", "patient_id", "path", "mask_path", "device", "sha256")


@dataclass(frozen=True)
class Conventions:
    """How numbers and dates are written; None is found out, or refused where cells do not tell."""

    unit: Unit | None = None
    decimal: DecimalSign | None = None
    dates: DateOrder | None = None


@dataclass(frozen=True)
class Source:
    """Rows of one place where labels stand.

    Attributes:
        name: in words, such as `labels.csv`.
        rows: column of the manifest to cell.
        row_names: what each row is called in a message.
        spoken: what each column is called in that place; those not here are called by their own name.
        point_is_usual: whether `1.234` is 1.234.
    """

    name: str
    rows: Sequence[Mapping[str, Cell]]
    row_names: Sequence[str]
    spoken: Mapping[str, str]
    point_is_usual: bool

    @property
    def columns(self) -> tuple[str, ...]:
        """Those that any row has."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row))

    def where(self, column: str) -> str:
        """A column in words, for messages."""
        return f"{self.spoken.get(column, repr(column))} of {self.name}"


def convert(source: Source, conventions: Conventions) -> tuple[list[dict[str, str]], dict[str, str]]:
    """Convert every column.

    Returns:
        The rows as text, in their order, and how each column was read, in words.

    Raises:
        ManifestError: a volume that is no number, a day that is none, a day where an id should be, or cells that can be
            read in two ways; the row is named.
    """
    told: dict[str, str] = {}
    converted: dict[str, list[str]] = {}
    sign = None
    for column in sorted(source.columns, key=lambda name: name != "volume_ml"):  # its sign is that of its table
        cells = [row.get(column, "") for row in source.rows]
        how = ""
        if column == "volume_ml":
            converted[column], how, sign = _volumes(cells, source, conventions)
        elif column == "acquired_on":
            converted[column], how = _days(cells, source, conventions.dates)
        elif column in _TEXTS:
            converted[column] = [_identifier(cell, column, name, source) for cell, name in _named(cells, source)]
        else:
            converted[column] = _covariates(cells, source.where(column), source, conventions.decimal or sign)
        told[column] = source.spoken.get(column, repr(column)) + how
    rows = [{name: converted[name][place] for name in source.columns} for place in range(len(source.rows))]
    return rows, told


def _volumes(
    cells: Sequence[Cell], source: Source, conventions: Conventions
) -> tuple[list[str], str, DecimalSign | None]:
    where = source.where("volume_ml")
    unit = choose_unit(conventions.unit, source.spoken.get("volume_ml", "").strip("'\""), where)
    texts = [cell for cell in cells if isinstance(cell, str) and cell]
    sign = decimal_sign(texts, where, conventions.decimal, source.point_is_usual)
    volumes: list[str] = []
    for cell, name in _named(cells, source):
        number = _number(cell, sign)
        if number is None and cell != "":
            raise ManifestError(
                f"{where}: {name} has {str(cell)!r}; expected a number{f' with a decimal {sign}' if sign else ''}. "
                "Correct it, or empty the cell; a unit is told by --unit."
            )
        volumes.append("" if number is None else f"{number * ML_PER_UNIT[unit]:.10g}")
    return volumes, f" in {_SPELT.get(unit, unit)}{f', decimal {sign}' if sign else ''}", sign


def _days(cells: Sequence[Cell], source: Source, given: DateOrder | None) -> tuple[list[str], str]:
    where = source.where("acquired_on")
    order = date_order([cell for cell in cells if isinstance(cell, str) and cell], where, given)
    days: list[str] = []
    for cell, name in _named(cells, source):
        day = read_date(cell, order) if isinstance(cell, str) else cell
        if cell != "" and not isinstance(day, date):
            raise ManifestError(
                f"{where}: {name} has {str(cell)!r}; expected a day as YYYY-MM-DD, 31.12.2025 or 12/31/2025"
                f"{f', written the {order} way' if order else ''}. Correct it, or name the column otherwise."
            )
        days.append(day.isoformat() if isinstance(day, date) else "")
    return days, f", {order} dates" if order else ""


def _identifier(cell: Cell, column: str, row_name: str, source: Source) -> str:
    if isinstance(cell, date):
        raise ManifestError(
            f"{source.where(column)}: {row_name} is the date {cell.isoformat()}: an id was taken for one. "
            "Format the column as text and type the id again."
        )
    return cell if isinstance(cell, str) else f"{cell:.10g}"


def _covariates(cells: Sequence[Cell], where: str, source: Source, sign: DecimalSign | None) -> list[str]:
    """Numbers with a decimal point; a column of which any cell is no number stays as it is."""
    texts = [cell for cell in cells if isinstance(cell, str) and cell]
    are_numbers = all(any(read_numeral(text, one) is not None for one in DecimalSign) for text in texts)
    if are_numbers and sign is None:
        sign = decimal_sign(texts, where, None, source.point_is_usual)
    numbers = [_number(cell, sign) for cell in cells]
    if not are_numbers or any(number is None and cell != "" for number, cell in zip(numbers, cells, strict=True)):
        return [_plain(cell) for cell in cells]
    return [
        _plain(cell) if number is None or (isinstance(cell, str) and cell.isdecimal()) else f"{number:.10g}"
        for number, cell in zip(numbers, cells, strict=True)
    ]


def _number(cell: Cell, sign: DecimalSign | None) -> float | None:
    if isinstance(cell, str):
        return read_numeral(cell, sign or DecimalSign.POINT)
    return None if isinstance(cell, date) else float(cell)


def _plain(cell: Cell) -> str:
    if isinstance(cell, date):
        return cell.isoformat()
    return cell if isinstance(cell, str) else f"{cell:.10g}"


def _named(cells: Sequence[Cell], source: Source) -> "zip[tuple[Cell, str]]":
    return zip(cells, source.row_names, strict=True)
