"""Why to be wary of an estimate, in words."""

from collections.abc import Sequence

import numpy as np

from volest.images.image import Image
from volest.inference.appearance import GREY_LEVELS, LAYOUT, SHARPNESS, SIZE
from volest.inference.drawn import DRAWN_BORDER
from volest.inference.familiarity import Placement
from volest.inference.gaze import BORDER
from volest.records.model import TrainingRange

CUT_SHARE = 0.01
"""Share of a scan's intensities outside the grid from which on the user is told."""

FOLDS_APART = 0.2
"""Standard deviation of the folds, as a share of their mean, from which on they disagree. No held-out scan can say what
is usual here, as all folds but one have trained on it: so it is a flag and no part of the typicality."""

OWN_SCAN = "one of the run's own scans: its honest estimate is in predictions.csv of the run"
"""All folds but one have trained on such a scan."""

UNLIKE = {
    SIZE: "its spacing or field of view",
    GREY_LEVELS: "its grey levels (gain, inversion, empty image or another modality)",
    SHARPNESS: "its sharpness (noise, filtering or another machine)",
    LAYOUT: "where its field lies (mirrored, turned, cropped or another probe)",
    BORDER: "what counts at its border",
    "drawn shape": "the shape of the structure that the network draws",
    DRAWN_BORDER: "a structure drawn up to its border",
    "views": "an estimate that changes when it is moved a little",
    "members": "an estimate on which networks trained side by side disagree",
    "head": "an estimate of which the network itself is unsure",
    "drawing": "a drawn volume that is not the estimated one",
}
"""What stands behind each trait; every other one is a stage of the network."""

MOST_REASONS = 3
"""Of a scan that stands out by everything; more would hide those that can be acted on."""

KIND_OF_PICTURE = frozenset({GREY_LEVELS, SHARPNESS, LAYOUT})
"""Traits that tell what kind of picture a scan is, whatever it shows."""

LEAST_SHARE, MOST_SHARE = 0.8, 1.25
"""Shares of the ends of a training range within which a spacing or a field of view is still usual."""

CUT_OFF = "the structure seems to be cut off: its volume is larger than what is seen of it"


def unlike_in_words(placement: Placement, sizes: Sequence[str]) -> str:
    """By what a scan stands out; empty for a scan like the others.

    What can be measured comes first, then the worst of what has a name, then what only the network could tell.

    Args:
        placement: of the scan.
        sizes: what is unusual about its size, with figures.
    """
    if not placement.unusual:
        return ""
    names = sorted(placement.unusual, key=lambda name: (name != SIZE, name not in UNLIKE))
    reasons = list(dict.fromkeys(_reason(name, sizes) for name in names))
    return f"unlike the training scans by {', by '.join(reasons[:MOST_REASONS])}"


def _reason(name: str, sizes: Sequence[str]) -> str:
    reason = UNLIKE.get(name, "what the network makes of it")
    return f"{reason} ({' and '.join(sizes)})" if name == SIZE and sizes else reason


def is_cut_off(placement: Placement, image: Image, ranges: Sequence[TrainingRange]) -> bool:
    """Whether a structure seems to go on beyond the border of its scan.

    What lies at the border of a picture of another kind, or of another scale, tells nothing of a structure. A crop
    looks like another kind of picture, but its field of view is smaller than any of the training.
    """
    if {BORDER, DRAWN_BORDER}.isdisjoint(placement.unusual) or _spacing_flag(image, ranges):
        return False
    low, _ = _span([known.field_of_view_ml for known in ranges])
    return image.field_of_view_ml < low or KIND_OF_PICTURE.isdisjoint(placement.unusual)


def disagreement_flags(volumes_ml: Sequence[float]) -> tuple[str, ...]:
    """That the folds tell very different volumes."""
    if len(volumes_ml) < 2 or not np.isfinite(volumes_ml).all():  # such an estimate is refused
        return ()
    if np.std(volumes_ml, ddof=1) <= FOLDS_APART * abs(np.mean(volumes_ml)):
        return ()
    return (f"the folds disagree: {min(volumes_ml):.1f} to {max(volumes_ml):.1f} mL",)


def size_flags(image: Image, ranges: Sequence[TrainingRange]) -> tuple[str, ...]:
    """What about the size of a scan lies outside the ranges of the training scans, with some room.

    Args:
        image: the scan.
        ranges: of the folds.
    """
    return tuple(flag for flag in (_spacing_flag(image, ranges), _field_flag(image, ranges)) if flag)


def range_flags(volume_ml: float, cut: float, ranges: Sequence[TrainingRange]) -> tuple[str, ...]:
    """What else lies outside.

    Args:
        volume_ml: estimate of a scan.
        cut: share of its intensities outside the grid.
        ranges: of the folds.
    """
    outside = f"{cut:.0%} of the scan lies outside the network's grid" if cut > CUT_SHARE else ""
    low, high = _span([known.volume_ml for known in ranges])
    volume = "" if low <= volume_ml <= high else f"outside the training volumes of {_between(low, high, '.1f')} mL"
    return tuple(flag for flag in (outside, volume) if flag)


def _spacing_flag(image: Image, ranges: Sequence[TrainingRange]) -> str:
    own_low, own_high = min(image.spacing_mm), max(image.spacing_mm)
    low, high = _span([known.spacing_mm for known in ranges])
    if LEAST_SHARE * low <= own_low and own_high <= MOST_SHARE * high:
        return ""
    return f"spacing {_between(own_low, own_high, '.3g')} mm, trained on {_between(low, high, '.3g')} mm"


def _field_flag(image: Image, ranges: Sequence[TrainingRange]) -> str:
    low, high = _span([known.field_of_view_ml for known in ranges])
    if LEAST_SHARE * low <= image.field_of_view_ml <= MOST_SHARE * high:
        return ""
    return f"field of view {image.field_of_view_ml:.0f} mL, trained on {_between(low, high, '.0f')} mL"


def _span(ranges: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return min(low for low, _ in ranges), max(high for _, high in ranges)


def _between(low: float, high: float, form: str) -> str:
    """`1.5`, `1.2-1.5`."""
    return "-".join(dict.fromkeys((f"{low:{form}}", f"{high:{form}}")))
