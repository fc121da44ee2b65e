"""The same figures as SVG files for a paper: black on white, their text still text."""

import re
from collections.abc import Iterable
from pathlib import Path

from volest.records import atomic
from volest.report.page import render
from volest.report.plots.drawing import draw
from volest.report.plots.plot import Plot

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""Characters that XML forbids."""


def write_figures(plots: Iterable[Plot], folder: Path) -> list[Path]:
    """Write each figure as `folder/NAME.svg`; the same figure gives the same bytes."""
    written = []
    for plot in plots:
        path = folder / f"{plot.name}.svg"
        atomic.write_text(path, _CONTROL.sub("\ufffd", render("paper.svg", d=draw(plot))).strip() + "\n")
        written.append(path)
    return written
