"""`metrics.json`: agreement out of fold, by fold, and of the baselines."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, TypeAdapter

from volest.records import atomic
from volest.records.damage import read_json

Undefinable = Annotated[float, BeforeValidator(lambda value: math.nan if value is None else value)]
"""A number that some data do not define: NaN in memory, null in the file."""


@dataclass(frozen=True)
class Agreement:
    """How predictions of held-out scans compare with their references; every scan counts once.

    Attributes:
        r2: share of the references' variance that the predictions explain; NaN where the references do not vary.
        pearson_r: correlation; NaN where either side does not vary.
    """

    mae_ml: float
    mape_percent: float
    rmse_ml: float
    r2: Undefinable
    pearson_r: Undefinable
    n_scans: int
    n_patients: int


@dataclass(frozen=True)
class Metrics:
    """Agreement of one run.

    Attributes:
        oof: all held-out scans of the finished folds together.
        folds: by number of the fold.
        baselines: by name, out of fold over the same scans.
        test: the locked test set, by all folds together; None while it is locked.
    """

    oof: Agreement
    folds: Mapping[int, Agreement] = field(default_factory=dict)
    baselines: Mapping[str, Agreement] = field(default_factory=dict)
    test: Agreement | None = None


_METRICS = TypeAdapter(Metrics)


def write_metrics(metrics: Metrics, path: Path) -> None:
    """Write the file in one step; NaN becomes null, because JSON has no NaN."""
    tree: dict[str, object] = {
        "oof": _to_json(metrics.oof),
        "folds": {str(fold): _to_json(metrics.folds[fold]) for fold in sorted(metrics.folds)},
        "baselines": {name: _to_json(agreement) for name, agreement in metrics.baselines.items()},
    }
    if metrics.test is not None:
        tree["test"] = _to_json(metrics.test)
    atomic.write_text(path, json.dumps(tree, indent=2, allow_nan=False) + "\n")


def read_metrics(path: Path) -> Metrics:
    """Read the file; null becomes NaN.

    Raises:
        RunError: no such file, or its content is not that of metrics.
    """
    return read_json(path, _METRICS.validate_json, ". Run all folds first: `volest cv`.")


def _to_json(agreement: Agreement) -> dict[str, float | int | None]:
    return {name: None if math.isnan(value) else value for name, value in asdict(agreement).items()}
