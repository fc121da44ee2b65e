"""`novelty.csv`: how far each held-out scan of a fold lies from the training scans, trait by trait."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from volest.errors import RunError
from volest.records import atomic

_WHOSE = ("scan_id", "patient_id")


@dataclass(frozen=True)
class Novelty:
    """One held-out scan.

    Attributes:
        distances: by name of the trait, above zero.
    """

    scan_id: str
    patient_id: str
    distances: Mapping[str, float]


def write_novelty(rows: Sequence[Novelty], path: Path) -> None:
    """Write the table, a row per scan."""
    table = [{"scan_id": row.scan_id, "patient_id": row.patient_id, **row.distances} for row in rows]
    with atomic.replacing(path) as temporary:
        pd.DataFrame(table, columns=None if table else list(_WHOSE)).to_csv(temporary, index=False, float_format="%.6g")


def read_novelty(path: Path) -> list[Novelty]:
    """Read the table.

    Raises:
        RunError: no such file, no table, or a distance that is no number above zero.
    """
    try:
        table = pd.read_csv(path, dtype=dict.fromkeys(_WHOSE, str), keep_default_na=False)
        whose = table[list(_WHOSE)]
        numbers = table.drop(columns=list(_WHOSE)).astype(float)
    except FileNotFoundError:
        raise RunError(f"{path} does not exist: the fold has not been trained to its end.") from None
    except (OSError, ValueError, KeyError) as error:
        raise RunError(f"{path} is damaged: {error}. Train the fold again with `--restart`.") from None
    rows = [
        Novelty(scan_id, patient_id, {str(name): float(value) for name, value in distances.items()})
        for (scan_id, patient_id), distances in zip(
            whose.itertuples(index=False), numbers.to_dict("records"), strict=True
        )
    ]
    for row in rows:
        if not all(math.isfinite(d) and d > 0 for d in row.distances.values()):
            raise RunError(f"{path} is damaged: scan {row.scan_id!r} has a distance that is no number above zero.")
    return rows
