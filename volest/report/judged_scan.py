"""One held-out scan as figures, gallery and table show it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from volest.report.thumbnail import Thumbnail


@dataclass(frozen=True)
class JudgedScan:
    """A scan, what was predicted of it, and a look at it.

    Attributes:
        error_ml: predicted minus reference.
        error_percent: of the reference.
        thumbnails: empty where the scan could not be read.
    """

    scan_id: str
    patient_id: str
    fold: int
    predicted_ml: float
    reference_ml: float
    error_ml: float
    error_percent: float
    thumbnails: tuple[Thumbnail, ...] = ()


def judged_scans(
    held_out: pd.DataFrame, thumbnails: Mapping[str, Sequence[Thumbnail]] | None = None
) -> tuple[JudgedScan, ...]:
    """The rows of the held-out table, in its order, each with its pictures."""
    pictures = thumbnails or {}
    columns = ["scan_id", "patient_id", "fold", "predicted_ml", "reference_ml", "error_ml", "error_percent"]
    rows = (dict(zip(columns, row, strict=True)) for row in held_out[columns].itertuples(index=False, name=None))
    return tuple(JudgedScan(**row, thumbnails=tuple(pictures.get(row["scan_id"], ()))) for row in rows)


def worst_first(scans: Sequence[JudgedScan]) -> list[JudgedScan]:
    """By absolute error in mL, the largest first."""
    return sorted(scans, key=lambda scan: -abs(scan.error_ml) if math.isfinite(scan.error_ml) else 0.0)
