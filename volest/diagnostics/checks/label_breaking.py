"""VOL116: augmentation that changes the volume and leaves the label as it was, while training or before it."""

import math
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from volest.augmentation.zoom import Zoom
from volest.config.augmentation import AugmentationConfig
from volest.config.augmentation import Zoom as ZoomConfig
from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import Fault, Verdict
from volest.diagnostics.wording import number
from volest.records.findings import Severity
from volest.records.near_copies import NearCopy

FAULT = Fault("VOL116", "augmentation breaks the labels", (Severity.ERROR,))

DRAWS = 5000

ANY_SHAPE = (1, 1, 1)
"""A zoom does not depend on the raster."""

ONE_REFERENCE = 1e-3
"""Relative difference of two references that were rounded differently."""


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """The change of volume that the configured zoom draws, where the target does not follow; then that of copies."""
    if run.config is None:
        yield FAULT.not_applicable("config.yaml is needed")
    else:
        yield _of_training(run, run.config.augmentation, rng)
    if run.near_copies is None:
        yield FAULT.not_applicable("whether copies were made before training: near_copies.csv is needed")
    else:
        yield _of_copies(run, thresholds)


def _of_training(run: RunRecords, augmentation: AugmentationConfig, rng: np.random.Generator) -> Verdict:
    if not augmentation.enabled:
        return FAULT.passed("augmentation is off")
    if augmentation.follow:
        return FAULT.passed("the target follows every change of volume (augmentation.follow: true)")
    changes = 100 * np.abs(_factors(augmentation.zoom, rng) - 1)
    if not changes.any():
        return FAULT.passed("no transform in use changes the volume, although augmentation.follow is false")
    mean, worst = float(changes.mean()), float(np.quantile(changes, 0.95))
    return FAULT.found(
        Severity.ERROR,
        f"The zoom changes the volume by {mean:.0f}% on average and by {worst:.0f}% or more in one scan of twenty, and "
        f"augmentation.follow: false keeps the label: the labels are wrong by as much.{_beside(run)}",
        "Set augmentation.follow: true and train again in a new run directory.",
        {"mean_change_percent": mean, "p95_change_percent": worst},
    )


def _of_copies(run: RunRecords, thresholds: DiagnosisConfig) -> Verdict:
    """One scan shown at two sizes cannot have one volume."""
    changes = {pair: change for pair in run.near_copies or () if (change := _change_percent(pair, run)) is not None}
    off = {pair: change for pair, change in changes.items() if change > thresholds.copy_percent}
    told = f"{len(changes)} pairs of near copies of one patient share a reference, {len(off)} of them at two sizes"
    if len(off) < thresholds.fewest_copies:
        return FAULT.passed(told)
    mean = float(np.mean(list(changes.values())))
    scans = list(dict.fromkeys(name for pair in off for name in (pair.first, pair.second)))
    return FAULT.found(
        Severity.ERROR,
        f"Copies were zoomed or cropped before training and kept their label: {told}. Their volumes differ by "
        f"{number(mean)}% on average and by up to {number(max(off.values()))}%: the labels are wrong by as much, in "
        f"training and in what judges it.{_beside(run)}",
        "Remove the copies from the manifest (`volest check` names each pair, VOL043) and train again in a new run "
        "directory: volest augments while it trains, and the target follows.",
        {"pairs": len(off), "mean_change_percent": mean, "largest_change_percent": max(off.values())},
        scans,
        list(dict.fromkeys(run.scans[scan_id].patient_id for scan_id in scans)),
    )


def _change_percent(pair: NearCopy, run: RunRecords) -> float | None:
    """By which the larger structure exceeds the other; None where it is no pair of one patient with one reference."""
    scans = [run.scans.get(name) for name in (pair.first, pair.second)]
    fields_ml = [row.field_of_view_ml for name in (pair.first, pair.second) if (row := run.headers.get(name))]
    first, second = scans
    if first is None or second is None or len(fields_ml) < 2 or first.patient_id != second.patient_id:
        return None
    if abs(math.log(first.volume_ml / second.volume_ml)) > ONE_REFERENCE:
        return None
    return 100 * math.expm1(abs(math.log(pair.zoom**3 * fields_ml[1] / fields_ml[0])))


def _beside(run: RunRecords) -> str:
    mape = 100 * float((run.held_out["error_ml"].abs() / run.held_out["reference_ml"]).mean())
    return f" The held-out error of this run is {number(mape)}%." if np.isfinite(mape) else ""


def _factors(config: ZoomConfig, rng: np.random.Generator) -> Float[np.ndarray, " draw"]:
    """Volume factors as the training draws them."""
    zoom = Zoom(config)
    drawn = [zoom.sample(rng, ANY_SHAPE) for _ in range(DRAWS)]
    return np.array([1.0 if parameters is None else zoom.volume_factor(parameters) for parameters in drawn])
