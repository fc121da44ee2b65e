"""`predictions.csv`: what the networks said of scans, beside the reference where there is one."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pandas as pd

from volest.errors import RunError
from volest.records import atomic


@dataclass(frozen=True)
class Prediction:
    """One held-out scan.

    Attributes:
        fold: that held it out; None for a scan of the locked test set, which all folds judge together.
        interval_low_ml: at the level of the run's `intervals.json`, from the errors of all other patients; None where
            these cannot honestly give an interval.
        flags: joined by `;`.
    """

    scan_id: str
    patient_id: str
    fold: int | None
    predicted_ml: float
    reference_ml: float
    interval_low_ml: float | None = None
    interval_high_ml: float | None = None
    flags: str = ""


_COLUMNS = tuple(field.name for field in fields(Prediction))
_TEXT = {"scan_id": str, "patient_id": str, "flags": str}
_NUMBERS = {"predicted_ml": float, "reference_ml": float}
"""NaN where the cell is empty or the network said no number; never None."""
_EMPTY = {name: [""] for name in _COLUMNS if name not in _TEXT}


def write_predictions(predictions: Iterable[Prediction], path: Path) -> None:
    """Write the table, a row per scan."""
    with atomic.replacing(path) as temporary:
        pd.DataFrame([asdict(p) for p in predictions], columns=list(_COLUMNS)).to_csv(
            temporary, index=False, float_format="%.6g"
        )


def read_predictions(path: Path) -> list[Prediction]:
    """Read the table.

    Raises:
        RunError: no such file, no table, or columns are missing.
    """
    try:
        # A patient may be called NA; an empty cell alone is empty.
        table = pd.read_csv(path, dtype={**_TEXT, **_NUMBERS}, keep_default_na=False, na_values=_EMPTY)
    except FileNotFoundError:
        raise RunError(
            f"{path} does not exist. Train the fold first: `volest train --fold K`, or all with `volest cv`."
        ) from None
    except (OSError, ValueError) as error:
        raise RunError(f"{path} is damaged: {error}. Remove it, and train the fold again with `--resume`.") from None
    missing = [name for name in _COLUMNS if name not in table.columns]
    if missing:
        raise RunError(f"{path}: column {missing[0]!r} is missing; it is no table of predictions.")
    optional = [name for name in _COLUMNS if name not in _NUMBERS]
    known = table[optional].notna()
    table[optional] = table[optional].astype(object).where(known, None)
    return [Prediction(*row) for row in table[list(_COLUMNS)].itertuples(index=False)]
