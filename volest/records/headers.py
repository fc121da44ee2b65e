"""`headers.csv`: how each scan was sampled, so that errors can be compared with it once the scans are elsewhere."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from volest.errors import RunError
from volest.records import atomic


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
    with atomic.replacing(path) as temporary:
        table = pd.DataFrame([asdict(row) for row in rows], columns=list(HeaderRow.__dataclass_fields__))
        table.to_csv(temporary, index=False, float_format="%.10g")


def read_headers(path: Path) -> dict[str, HeaderRow]:
    """The rows by scan_id.

    Raises:
        RunError: no such file, or no such table.
    """
    try:
        numbers = {"spacing_mm": float, "field_of_view_ml": float}
        table = pd.read_csv(path, dtype={"scan_id": str, **numbers}, keep_default_na=False)
        columns = (table[name] for name in HeaderRow.__dataclass_fields__)
        rows = [HeaderRow(str(scan_id), float(mm), float(ml)) for scan_id, mm, ml in zip(*columns, strict=True)]
    except FileNotFoundError:
        raise RunError(
            f"{path} does not exist: the run was judged before volest recorded it. Run `volest cv` on it again; "
            "finished folds are not trained a second time."
        ) from None
    except (OSError, ValueError, KeyError) as error:
        raise RunError(f"{path} is damaged: {error}. Remove it and run `volest cv` again.") from None
    return {row.scan_id: row for row in rows}
