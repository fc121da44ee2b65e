"""`image_quality.csv`: how bright, contrasty and sharp each scan is, so that errors can be held against it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from volest.errors import RunError
from volest.records import atomic


@dataclass(frozen=True)
class QualityRow:
    """One scan.

    Attributes:
        brightness: mean grey level of what is not background, from 0 (darkest) to 1 (99.5th percentile).
        contrast: standard deviation of the same.
        graininess: share of their variance that two neighbouring voxels do not have in common: near 0 where the scan is
            blurred, 1 where it is noise.
    """

    scan_id: str
    brightness: float
    contrast: float
    graininess: float


def write_image_quality(rows: Iterable[QualityRow], path: Path) -> None:
    """Write a row per scan."""
    with atomic.replacing(path) as temporary:
        table = pd.DataFrame([asdict(row) for row in rows], columns=list(QualityRow.__dataclass_fields__))
        table.to_csv(temporary, index=False, float_format="%.6g")


def read_image_quality(path: Path) -> dict[str, QualityRow]:
    """The rows by scan_id.

    Raises:
        RunError: no such file, or no such table.
    """
    try:
        table = pd.read_csv(path, dtype={"scan_id": str}, keep_default_na=False)
        columns = (table[name] for name in QualityRow.__dataclass_fields__)
        rows = [QualityRow(str(name), float(a), float(b), float(c)) for name, a, b, c in zip(*columns, strict=True)]
    except FileNotFoundError:
        raise RunError(
            f"{path} does not exist: the run was judged before volest recorded it. Run `volest cv` on it again; "
            "finished folds are not trained a second time."
        ) from None
    except (OSError, ValueError, KeyError) as error:
        raise RunError(f"{path} is damaged: {error}. Remove it and run `volest cv` again.") from None
    return {row.scan_id: row for row in rows}
