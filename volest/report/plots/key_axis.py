"""A searched key on an axis: its short name, its values in the figure, and what stands beside them."""

import math
from collections.abc import Sequence

from volest.records.search import SearchedKey, Value
from volest.report.plots.plot import Axis


def short_names(keys: Sequence[str]) -> dict[str, str]:
    """The shortest end of each dotted name that no other shares; `zoom.isotropic` keeps what it belongs to."""
    parts = {key: key.split(".") for key in keys}
    found = {}
    for key, own in parts.items():
        lengths = range(min(2, len(own) - 1), len(own) + 1)
        others = [other for name, other in parts.items() if name != key]
        length = next((n for n in lengths if all(own[-n:] != other[-n:] for other in others)), len(own))
        found[key] = ".".join(own[-length:])
    return found


def key_axis(key: SearchedKey) -> Axis:
    """Where the key was searched.

    Numbers lie in their logarithm where they were searched so, choices at 0, 1, 2, ...
    """
    label = f"{key.name}{' (logarithmic)' if key.log else ''}"
    if key.kind == "choice":
        places = tuple((float(place), choice) for place, choice in enumerate(key.choices))
        return Axis(label, -0.5, len(key.choices) - 0.5, places=places)
    ends = [place_on_axis(key, end) for end in (key.low, key.high) if end is not None]
    if key.log:
        return Axis(label, *_room(*ends), places=_decades(*ends))
    return Axis.over(label, ends)


def _room(low: float, high: float) -> tuple[float, float]:
    return low - 0.06 * (high - low), high + 0.06 * (high - low)


def _decades(low: float, high: float) -> tuple[tuple[float, str], ...]:
    """1, 2 and 5 times powers of ten; fewer where that is too many; both ends where none lies between them."""
    powers = range(math.floor(low), math.ceil(high) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        places = [power + math.log10(factor) for power in powers for factor in factors]
        kept = [place for place in places if low - 1e-9 <= place <= high + 1e-9]
        if len(kept) <= 6:
            break
    return tuple((place, f"{10**place:.3g}") for place in kept or (low, high))


def place_on_axis(key: SearchedKey, value: Value | None) -> float:
    """A value on the axis of its key."""
    if key.kind == "choice":
        return float(key.choices.index(str(value)))
    assert isinstance(value, float | int)
    return math.log10(value) if key.log else float(value)
