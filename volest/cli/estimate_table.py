"""Volumes of new scans on the screen, however many there are."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from volest.cli.tables import console
from volest.records.estimates import Estimate, EstimateRow
from volest.wording import counted

if TYPE_CHECKING:
    from volest.inference.prediction import Predicted

ROWS = 100
"""Of a table: the screen shows one where a file holds the rest, and else one after the other."""


def show_estimates(predicted: "Predicted", out: Path | None) -> int:
    """Show volumes of new scans, and what the run cannot say of them; return how many were refused."""
    screen, coming, refused, shown = console(), iter(predicted), 0, 0
    while page := list(islice(coming, ROWS)):
        refused += sum(row.estimate is None for row in page)
        shown += len(page)
        if out is None or shown <= ROWS:
            screen.print(_table(page, predicted.intervals.level, predicted.follow_ups is not None))
    if shown > ROWS:
        where = f"; the first {ROWS} are shown, all are in {out}" if out else ""
        screen.print(f"{counted(shown, 'scan')}, {refused} of them refused{where}.", soft_wrap=True, highlight=False)
    for remark in predicted.remarks:
        screen.print(remark, soft_wrap=True, highlight=False)
    return refused


def _table(rows: Iterable[EstimateRow], level: float | None, is_told: bool) -> Table:
    table = Table()
    table.add_column("scan", overflow="fold", min_width=24)  # never cut: folders are often alike in their beginnings
    ends = f"{100 * level:.6g}% interval (mL)" if level else "interval (mL)"
    alone = ("scan alone (mL)",) if is_told else ()
    for name in ("volume (mL)", ends, *alone, "SD of folds (mL)"):
        table.add_column(name, justify="right")
    table.add_column("flags")
    for row in rows:
        if row.estimate is None:
            table.add_row(row.path, "refused", "", *("" for _ in alone), "", row.refusal, style="red")
        else:
            table.add_row(row.path, *_cells(row.estimate, is_told))
    return table


def _cells(said: Estimate, is_told: bool) -> tuple[str, ...]:
    spread = "one fold" if said.spread_ml is None else f"{said.spread_ml:.1f}"
    alone = ("" if said.alone_ml is None else f"{said.alone_ml:.1f}",) if is_told else ()
    return _volume(said), _within(said), *alone, spread, "; ".join(said.flags)


def _volume(said: Estimate) -> str:
    """Of a structure that is cut off a lower bound alone: that of the interval, where there is one."""
    if not said.is_cut:
        return f"{said.volume_ml:.1f}"
    return f"at least {(said.interval.low_ml if said.interval else said.volume_ml):.1f}"


def _within(said: Estimate) -> str:
    """Both ends of the interval; of a structure that is cut off the lower one, as its rest may be of any size."""
    if said.interval is None:
        return "none"
    low, high = f"{said.interval.low_ml:.1f}", f"{said.interval.high_ml:.1f}"
    return f"at least {low}" if said.is_cut else f"{low} to {high}"
