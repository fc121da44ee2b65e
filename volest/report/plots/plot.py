"""A figure as data: axes, marks and its message in words. How it is drawn is said elsewhere."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from matplotlib.ticker import MaxNLocator

MOST_TICKS = 6

LONGEST_NAME = 20
"""Characters of a row's name, where a figure does not grant more."""


@dataclass(frozen=True)
class Axis:
    """What runs along one edge.

    Attributes:
        label: quantity and unit.
        rows: in place of numbers, the names at 0, 1, 2, ...
        places: in place of round numbers, where something stands, and what.
        whole: what is counted has no place between two whole numbers.
    """

    label: str
    low: float
    high: float
    rows: tuple[str, ...] = ()
    places: tuple[tuple[float, str], ...] = ()
    whole: bool = False

    @staticmethod
    def over(label: str, values: Iterable[float], from_zero: bool = False, room: float = 0.06) -> "Axis":
        """An axis with room for all finite values, and for zero if asked."""
        finite = [value for value in values if math.isfinite(value)]
        low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
        if from_zero:
            low, high = min(low, 0.0), max(high, 0.0)
        width = (high - low) or abs(high) or 1.0
        return Axis(label, low if from_zero and low == 0 else low - room * width, high + room * width)

    @staticmethod
    def named(rows: Sequence[str], label: str = "") -> "Axis":
        """An axis of names, the first one on top."""
        return Axis(label, len(rows) - 0.5, -0.5, tuple(rows))

    @cached_property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        """Places and what stands there."""
        if self.places:
            return self.places
        if self.rows:
            return tuple((float(place), name) for place, name in enumerate(self.rows))
        low, high = sorted((self.low, self.high))
        steps = [1, 2, 5, 10] if self.whole else [1, 2, 2.5, 5, 10]
        places = MaxNLocator(nbins=MOST_TICKS, steps=steps, integer=self.whole).tick_values(low, high)
        kept = [float(place) for place in places if low - 1e-9 <= place <= high + 1e-9]
        return tuple((place, f"{place:,.10g}".replace("-", "\u2212")) for place in kept)


@dataclass(frozen=True)
class Points:
    """Dots.

    Attributes:
        scans: places in the list of the judged scans, which hovering shows; empty where dots are no scans.
    """

    x: Sequence[float]
    y: Sequence[float]
    look: str = "scan"
    scans: Sequence[int] = ()


@dataclass(frozen=True)
class Line:
    """A line through points.

    Attributes:
        name: of a curve whose values hovering shows; empty for all others.
    """

    x: Sequence[float]
    y: Sequence[float]
    look: str
    name: str = ""


@dataclass(frozen=True)
class Strip:
    """The area between two values of y, over the whole width."""

    low: float
    high: float
    look: str = "interval"


@dataclass(frozen=True)
class Whisker:
    """A horizontal interval."""

    low: float
    high: float
    y: float
    look: str = "network"


@dataclass(frozen=True)
class Label:
    """Words beside a mark, above the point; `anchor` is start, middle or end."""

    x: float
    y: float
    text: str
    anchor: str = "start"


Mark = Points | Line | Strip | Whisker | Label


@dataclass(frozen=True)
class Plot:
    """One figure.

    Attributes:
        name: of the file, and in addresses within the page.
        message: what the figure shows, in words that stand for it where it cannot be seen.
        keys: what looks mean: look and words.
        width, height: in pixels of the page at full size.
        left: pixels for the names of the rows.
        longest_name: characters of a row's name.
        square: whether both axes are drawn at one scale.
    """

    name: str
    title: str
    message: str
    x: Axis
    y: Axis
    marks: tuple[Mark, ...]
    keys: tuple[tuple[str, str], ...] = ()
    width: int = 460
    height: int = 400
    left: int = 56
    longest_name: int = LONGEST_NAME
    square: bool = field(default=False)
