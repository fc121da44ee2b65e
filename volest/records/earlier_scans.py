"""What is known of patients who were measured before: a table beside new scans."""

import math
from dataclasses import dataclass
from pathlib import Path

from volest.errors import RunError
from volest.records.text_table import read_text_table

PATH, VOLUME, EARLIER = "path", "earlier_volume_ml", "earlier_path"


@dataclass(frozen=True)
class EarlierScan:
    """The scan of a patient that was made before another.

    Attributes:
        volume_ml: its reference.
        path: of its file, absolute; None where that is lost, and the volume alone is known.
    """

    volume_ml: float
    path: Path | None


def read_earlier_scans(table: Path) -> dict[Path, EarlierScan]:
    """By the path of the later scan, resolved, so that it is known under any name; paths are relative to the table.

    A row without a volume says nothing.

    Raises:
        RunError: no such table, a column is missing, a scan stands in two rows or follows itself, or a volume is none.
    """
    cells = read_text_table(table, f"a CSV with {PATH}, {VOLUME} and, where it is at hand, {EARLIER}")
    missing = [name for name in (PATH, VOLUME) if name not in cells.columns]
    if missing:
        raise RunError(
            f"{table}: column {missing[0]!r} is missing; it has {', '.join(map(str, cells.columns))}. Expected {PATH}, "
            f"{VOLUME} (mL) and, where the earlier scan is at hand, {EARLIER}."
        )
    unknown = [name for name in cells.columns if name.startswith("earlier") and name not in (VOLUME, EARLIER)]
    if unknown:
        raise RunError(f"{table}: column {unknown[0]!r} means nothing. Expected {VOLUME} and {EARLIER}, once each.")
    files = cells[EARLIER] if EARLIER in cells.columns else [""] * len(cells)
    earlier: dict[Path, EarlierScan] = {}
    for name, volume, file in zip(cells[PATH], cells[VOLUME], files, strict=True):
        if not volume.strip():
            continue
        path = _absolute(table, name).resolve()
        if path in earlier:
            raise RunError(f"{table}: scan {name} stands in two rows. Expected its latest earlier scan alone.")
        earlier[path] = EarlierScan(_volume_ml(table, name, volume), _file(table, name, file))
    return earlier


def _absolute(table: Path, name: str) -> Path:
    """As named: what a link is called by may tell the format, which what it leads to does not."""
    if not name.strip():
        raise RunError(f"{table}: a row with a volume names no scan. Fill in its {PATH}, or remove the row.")
    file = table.absolute().parent / name.strip()
    return file.parent.resolve() / file.name


def _volume_ml(table: Path, name: str, cell: str) -> float:
    try:
        volume_ml = float(cell)
    except ValueError:
        volume_ml = math.nan
    if not 0 < volume_ml < math.inf:
        raise RunError(
            f"{table}: scan {name} has {VOLUME} {cell!r}; expected a number of millilitres above zero with a decimal "
            "point, or an empty cell."
        )
    return volume_ml


def _file(table: Path, name: str, cell: str) -> Path | None:
    if not cell.strip():
        return None
    path = _absolute(table, cell)
    if path.resolve() == _absolute(table, name).resolve():
        raise RunError(f"{table}: scan {name} is its own {EARLIER}. Expected another scan of the patient.")
    return path
