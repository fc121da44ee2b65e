"""A figure in the pixels of a page: the numbers that the template writes into an SVG."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from volest.report.plots.plot import LONGEST_NAME, Label, Line, Plot, Points, Strip, Whisker

TOP, RIGHT, BOTTOM = 12, 14, 44
"""Pixels around the axes."""


@dataclass(frozen=True)
class Tick:
    """A place on an axis."""

    at: float
    text: str


@dataclass(frozen=True)
class Dot:
    """A point; `scan` is None where it is no scan."""

    x: float
    y: float
    look: str
    scan: int | None


@dataclass(frozen=True)
class Shape:
    """A path and its look."""

    path: str
    look: str


@dataclass(frozen=True)
class Text:
    """Words in the figure."""

    x: float
    y: float
    text: str
    anchor: str


@dataclass(frozen=True)
class Drawing:
    """All that the template needs, in pixels.

    Attributes:
        box: left, top, right and bottom edge of the axes.
        curves: JSON of what hovering over curves shows; empty without curves.
    """

    plot: Plot
    box: tuple[float, float, float, float]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    strips: tuple[tuple[float, float, str], ...]
    shapes: tuple[Shape, ...]
    dots: tuple[Dot, ...]
    texts: tuple[Text, ...]
    curves: str

    @property
    def hovers(self) -> bool:
        """Whether there is anything to point at."""
        return bool(self.curves) or any(dot.scan is not None for dot in self.dots)


class _Scale:
    """From values to pixels."""

    def __init__(self, plot: Plot) -> None:
        self.plot = plot
        self.box = (float(plot.left), float(TOP), float(plot.width - RIGHT), float(plot.height - BOTTOM))

    def x(self, value: float) -> float:
        left, _, right, _ = self.box
        axis = self.plot.x
        return round(left + (right - left) * (value - axis.low) / (axis.high - axis.low), 1)

    def y(self, value: float) -> float:
        _, top, _, bottom = self.box
        axis = self.plot.y
        return round(bottom + (top - bottom) * (value - axis.low) / (axis.high - axis.low), 1)

    def path(self, x: Sequence[float], y: Sequence[float]) -> str:
        """Broken where a value is missing."""
        steps, pen = [], "M"
        for a, b in zip(x, y, strict=True):
            if math.isfinite(a) and math.isfinite(b):
                steps.append(f"{pen}{self.x(a):g} {self.y(b):g}")
                pen = "L"
            else:
                pen = "M"
        return "".join(steps)


def draw(plot: Plot) -> Drawing:
    """Place every mark."""
    scale = _Scale(plot)
    points = [mark for mark in plot.marks if isinstance(mark, Points)]
    return Drawing(
        plot=plot,
        box=scale.box,
        x_ticks=tuple(Tick(scale.x(value), text) for value, text in plot.x.ticks),
        y_ticks=tuple(Tick(scale.y(value), shortened(text, plot.longest_name)) for value, text in plot.y.ticks),
        strips=tuple(_strip(mark, scale) for mark in plot.marks if isinstance(mark, Strip)),
        shapes=tuple(_shape(mark, scale) for mark in plot.marks if isinstance(mark, Line | Whisker)),
        dots=tuple(dot for mark in points for dot in _dots(mark, scale)),
        texts=tuple(
            Text(scale.x(mark.x), scale.y(mark.y) - 5, mark.text, mark.anchor)
            for mark in plot.marks
            if isinstance(mark, Label)
        ),
        curves=_curves([mark for mark in plot.marks if isinstance(mark, Line) and mark.name], scale),
    )


def shortened(name: str, longest: int = LONGEST_NAME) -> str:
    """A name that fits beside an axis."""
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def _strip(strip: Strip, scale: _Scale) -> tuple[float, float, str]:
    top, bottom = scale.y(strip.high), scale.y(strip.low)
    return top, round(max(bottom - top, 0.5), 1), strip.look


def _shape(mark: Line | Whisker, scale: _Scale) -> Shape:
    if isinstance(mark, Line):
        return Shape(scale.path(mark.x, mark.y), mark.look)
    left, right, y = scale.x(mark.low), scale.x(mark.high), scale.y(mark.y)
    return Shape(f"M{left:g} {y - 4:g}v8M{left:g} {y:g}H{right:g}M{right:g} {y - 4:g}v8", mark.look)


def _dots(points: Points, scale: _Scale) -> list[Dot]:
    places: Sequence[int | None] = points.scans or [None] * len(points.x)
    triples = zip(points.x, points.y, places, strict=True)
    finite = [(x, y, place) for x, y, place in triples if math.isfinite(x) and math.isfinite(y)]
    return [Dot(scale.x(x), scale.y(y), points.look, place) for x, y, place in finite]


def _curves(lines: Sequence[Line], scale: _Scale) -> str:
    if not lines or len(lines[0].x) < 2:
        return ""
    first, second = scale.x(lines[0].x[0]), scale.x(lines[0].x[1])
    series = [
        {"name": line.name, "values": [round(v, 2) if math.isfinite(v) else None for v in line.y]} for line in lines
    ]
    return json.dumps({"first": lines[0].x[0], "left": first, "step": round(second - first, 4), "series": series})
