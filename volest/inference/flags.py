"""Why to be wary of an estimate, in words."""

from collections.abc import Sequence

import numpy as np

from volest.images.image import Image
from volest.inference.familiarity import Placement
from volest.records.model import TrainingRange

CUT_SHARE = 0.01
"""Share of a scan's intensities outside the grid from which on the user is told."""

FOLDS_APART = 0.2
"""Standard deviation of the folds, as a share of their mean, from which on they disagree. No held-out scan can say what
is usual here, as all folds but one have trained on it: so it is a flag and no part of the typicality."""

OWN_SCAN = "one of the run's own scans: its honest estimate is in predictions.csv"
"""All folds but one have trained on such a scan."""

UNLIKE = {
    "size": "its spacing or field of view",
    "grey levels": "its grey levels (gain, inversion, empty image or another modality)",
    "sharpness": "its sharpness (noise, filtering or another machine)",
    "layout": "where its field lies (mirrored, turned, cropped or another probe)",
    "border": "what counts at its border (the structure may be cut off: its volume is at least this)",
    "drawn shape": "the shape of the structure that the network draws",
    "drawn border": "a structure drawn up to its border (it may be cut off: its volume is at least this)",
    "views": "an estimate that changes when it is moved a little",
    "members": "an estimate on which networks trained side by side disagree",
    "head": "an estimate of which the network itself is unsure",
    "drawing": "a drawn volume that is not the estimated one",
}
"""What stands behind each trait; every other one is a stage of the network."""


def unlike_in_words(placement: Placement) -> str:
    """By what a scan stands out, the worst first; empty for a scan like the others."""
    if not placement.unusual:
        return ""
    reasons = dict.fromkeys(UNLIKE.get(name, "what the network makes of it") for name in placement.unusual)
    return f"unlike the training scans by {', by '.join(reasons)}"


def disagreement_flags(volumes_ml: Sequence[float]) -> tuple[str, ...]:
    """That the folds tell very different volumes."""
    if len(volumes_ml) < 2 or np.std(volumes_ml, ddof=1) <= FOLDS_APART * abs(np.mean(volumes_ml)):
        return ()
    return (f"the folds disagree: {min(volumes_ml):.1f} to {max(volumes_ml):.1f} mL",)


def range_flags(image: Image, volume_ml: float, cut: float, ranges: Sequence[TrainingRange]) -> tuple[str, ...]:
    """What lies outside the ranges of the training scans, with some room.

    Args:
        image: the scan.
        volume_ml: its estimate.
        cut: share of its intensities outside the grid.
        ranges: of the folds.
    """
    flags = []
    if cut > CUT_SHARE:
        flags.append(f"{cut:.0%} of the scan lies outside the network's grid")
    spacing = np.array(image.spacing_mm)
    low, high = min(r.spacing_mm[0] for r in ranges), max(r.spacing_mm[1] for r in ranges)
    if spacing.min() < 0.8 * low or spacing.max() > 1.25 * high:
        flags.append(f"spacing {spacing.min():.3g}-{spacing.max():.3g} mm, trained on {low:.3g}-{high:.3g} mm")
    low, high = min(r.field_of_view_ml[0] for r in ranges), max(r.field_of_view_ml[1] for r in ranges)
    if not 0.8 * low <= image.field_of_view_ml <= 1.25 * high:
        flags.append(f"field of view {image.field_of_view_ml:.0f} mL, trained on {low:.0f}-{high:.0f} mL")
    low, high = min(r.volume_ml[0] for r in ranges), max(r.volume_ml[1] for r in ranges)
    if not low <= volume_ml <= high:
        flags.append(f"outside the training volumes of {low:.1f}-{high:.1f} mL")
    return tuple(flags)
