"""`near_copies.csv`: pairs of scans that look like one, so that copies are seen once the scans are elsewhere."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from volest.errors import RunError
from volest.records import atomic


@dataclass(frozen=True)
class NearCopy:
    """One pair.

    Attributes:
        first, second: scan_ids.
        correlation: of their textures, where they agree best.
        zoom: of the first scan, that makes it most like the second, both rasters taken for one size.
    """

    first: str
    second: str
    correlation: float
    zoom: float


def write_near_copies(pairs: Iterable[NearCopy], path: Path) -> None:
    """Write a row per pair."""
    with atomic.replacing(path) as temporary:
        table = pd.DataFrame([asdict(pair) for pair in pairs], columns=list(NearCopy.__dataclass_fields__))
        table.to_csv(temporary, index=False, float_format="%.4g")


def read_near_copies(path: Path) -> tuple[NearCopy, ...]:
    """The pairs.

    Raises:
        RunError: no such file, or no such table.
    """
    try:
        kinds = {"first": str, "second": str, "correlation": float, "zoom": float}
        table = pd.read_csv(path, dtype=kinds, keep_default_na=False)
        columns = (table[name] for name in NearCopy.__dataclass_fields__)
        return tuple(NearCopy(str(a), str(b), float(c), float(z)) for a, b, c, z in zip(*columns, strict=True))
    except FileNotFoundError:
        raise RunError(
            f"{path} does not exist: the run was judged before volest recorded it. Run `volest cv` on it again; "
            "finished folds are not trained a second time."
        ) from None
    except (OSError, ValueError, KeyError) as error:
        raise RunError(f"{path} is damaged: {error}. Remove it and run `volest cv` again.") from None
