"""`refusal.json`: what refusing the least typical scans is worth, measured on held-out scans."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter

from volest.records import atomic
from volest.records.damage import read_json
from volest.records.evaluation import Figure


@dataclass(frozen=True)
class RiskCoverage:
    """Error of the scans that are kept, against the share that is kept.

    Attributes:
        coverage: shares, rising to 1.
        mae_ml: of the most trusted share.
        area_ml: mean of `mae_ml` over all coverages.
        best_area_ml: the same if scans were refused in the order of their errors, which nobody knows.
        blind_area_ml: the same if they were refused by lot: the MAE of all.
        rejected_percent: of the scans, for `lowered_percent`.
        lowered_percent: by so much the MAE of the scans that are kept lies below that of all.
    """

    coverage: tuple[float, ...]
    mae_ml: tuple[float, ...]
    area_ml: Figure
    best_area_ml: float
    blind_area_ml: float
    rejected_percent: float
    lowered_percent: Figure


@dataclass(frozen=True)
class Refusal:
    """Held-out scans in the eyes of the refusal.

    Attributes:
        scores: of each scan, large for the unusual.
        thresholds: score above which a scan is refused, by the share of new scans that is refused at most.
        risk: if the least typical scans were refused first.
        risk_by_width: if those with the widest intervals in mL were; None where their widths tell scans apart by
            nothing but chance, or there are none.
        rejected_percent: of usual scans that are refused at most, as was asked for; None in files of earlier versions.
    """

    scores: dict[str, float]
    thresholds: dict[float, float]
    risk: RiskCoverage
    risk_by_width: RiskCoverage | None = None
    rejected_percent: float | None = None


_REFUSAL = TypeAdapter(Refusal)


def write_refusal(refusal: Refusal, path: Path) -> None:
    """Write the file in one step."""
    atomic.write_text(path, json.dumps(asdict(refusal), indent=2, allow_nan=False) + "\n")


def read_refusal(path: Path) -> Refusal:
    """Read it again.

    Raises:
        RunError: no such file, or its content is not that of a refusal.
    """
    return read_json(path, _REFUSAL.validate_json, ". Run all folds first: `volest cv`.")
