"""The scaling of the target, fitted on the training patients of one fold."""

import math
from collections.abc import Sequence

import numpy as np

from volest.config.schema import Config
from volest.geometry import CUBIC_MM_PER_ML, Grid
from volest.records.model import TargetKind, TargetScaling


def target_kind(config: Config) -> TargetKind:
    """What the network predicts; on stretched rasters only the fraction of the field of view can be seen."""
    if config.training.target != "auto":
        return config.training.target
    return "log_fraction" if config.preprocessing.fit == "stretch" else "log_ml"


def log_full(kind: TargetKind, grid: Grid) -> float:
    """Logarithm of the quantity that a structure would have which filled `grid`.

    Raises:
        ValueError: the quantity of this grid is no property of the grid alone.
    """
    if kind == "log_ml" and grid.spacing_mm is not None:
        return math.log(math.prod(grid.shape) * grid.spacing_mm**3 / CUBIC_MM_PER_ML)
    if kind == "log_fraction" and grid.is_stretched:
        return 0.0
    raise ValueError(f"{kind} of a grid with spacing {grid.spacing_mm}")


def fit_target(kind: TargetKind, volumes_ml: Sequence[float], fovs_ml: Sequence[float]) -> TargetScaling:
    """Mean and standard deviation of the quantity over the training scans."""
    raw = TargetScaling(kind=kind, mean=0.0, sd=1.0)
    quantities = np.array([raw.encode(v, fov) for v, fov in zip(volumes_ml, fovs_ml, strict=True)])
    # Equal references leave nothing to scale by; 1 keeps the target finite and the network at their mean.
    return TargetScaling(kind=kind, mean=float(quantities.mean()), sd=float(quantities.std()) or 1.0)
