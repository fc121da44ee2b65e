"""`predictions.csv`: what the networks said of scans, beside the reference where there is one."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pandas as pd

from volest.errors import RunError
from volest.records import atomic


@dataclass(frozen=True)
class Prediction:
    """One held-out scan. The interval is empty until a run can honestly give one; flags are joined by `;`."""

    scan_id: str
    patient_id: str
    fold: int
    predicted_ml: float
    reference_ml: float
    interval_low_ml: float | None = None
    interval_high_ml: float | None = None
    flags: str = ""


def write_predictions(predictions: Iterable[Prediction], path: Path) -> None:
    """Write the table, a row per scan."""
    columns = [field.name for field in fields(Prediction)]
    with atomic.replacing(path) as temporary:
        pd.DataFrame([asdict(p) for p in predictions], columns=columns).to_csv(
            temporary, index=False, float_format="%.6g"
        )


def read_predictions(path: Path) -> list[Prediction]:
    """Read the table.

    Raises:
        RunError: no such file, or columns are missing.
    """
    try:
        table = pd.read_csv(path, dtype={"scan_id": str, "patient_id": str, "flags": str})
    except FileNotFoundError:
        raise RunError(
            f"{path} does not exist. Train the fold first: `volest train --fold K`, or all with `volest cv`."
        ) from None
    missing = [field.name for field in fields(Prediction) if field.name not in table.columns]
    if missing:
        raise RunError(f"{path}: column {missing[0]!r} is missing; it is no table of predictions.")
    table["flags"] = table["flags"].fillna("")
    table = table.astype(object).where(table.notna(), None)
    names = [field.name for field in fields(Prediction)]
    return [Prediction(*row) for row in table[names].itertuples(index=False)]
