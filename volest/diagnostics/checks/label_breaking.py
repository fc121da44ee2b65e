"""VOL116: augmentation that changes the volume and leaves the label as it was."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from volest.augmentation.zoom import Zoom
from volest.config.augmentation import Zoom as ZoomConfig
from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import Fault, Verdict
from volest.diagnostics.wording import number
from volest.records.findings import Severity

FAULT = Fault("VOL116", "augmentation breaks the labels", (Severity.ERROR,))

DRAWS = 5000

ANY_SHAPE = (1, 1, 1)
"""A zoom does not depend on the raster."""


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """The change of volume that the configured zoom draws, where the target does not follow."""
    if run.config is None:
        yield FAULT.not_applicable("config.yaml is needed")
        return
    augmentation = run.config.augmentation
    if not augmentation.enabled:
        yield FAULT.passed("augmentation is off")
        return
    if augmentation.follow:
        yield FAULT.passed("the target follows every change of volume (augmentation.follow: true)")
        return
    changes = 100 * np.abs(_factors(augmentation.zoom, rng) - 1)
    if not changes.any():
        yield FAULT.passed("no transform in use changes the volume, although augmentation.follow is false")
        return
    mean, worst = float(changes.mean()), float(np.quantile(changes, 0.95))
    mape = 100 * float((run.held_out["error_ml"].abs() / run.held_out["reference_ml"]).mean())
    beside = f" The held-out error of this run is {number(mape)}%." if np.isfinite(mape) else ""
    yield FAULT.found(
        Severity.ERROR,
        f"The zoom changes the volume by {mean:.0f}% on average and by {worst:.0f}% or more in one scan of twenty, and "
        f"augmentation.follow: false keeps the label: the labels are wrong by as much.{beside}",
        "Set augmentation.follow: true and train again in a new run directory.",
        {"mean_change_percent": mean, "p95_change_percent": worst},
    )


def _factors(config: ZoomConfig, rng: np.random.Generator) -> Float[np.ndarray, " draw"]:
    """Volume factors as the training draws them."""
    zoom = Zoom(config)
    drawn = [zoom.sample(rng, ANY_SHAPE) for _ in range(DRAWS)]
    return np.array([1.0 if parameters is None else zoom.volume_factor(parameters) for parameters in drawn])
