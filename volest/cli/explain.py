"""`volest explain`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Exit, Option

from volest.cli.options import QuietOption, choose_progress

if TYPE_CHECKING:
    from volest.explanation.scans import ExplainedScan

COLUMNS = (
    *("volume (mL)", "empty scan (mL)", "map adds (mL)"),
    *("on the mask", "structure hidden (mL)", "as much elsewhere (mL)"),
)
"""Beside the name of a scan."""


def explain(
    run: Annotated[Path, Argument(help="Run directory.")],
    scans: Annotated[list[str], Argument(metavar="SCAN", help="Files, folders, or patterns in quotes.")],
    masks: Annotated[
        str | None, Option(help="A mask, or a pattern such as '{scan}_mask.nrrd'; default: the map's hottest region.")
    ] = None,
    out: Annotated[Path | None, Option(help="Folder of the maps; default: `explanations` in the run.")] = None,
    quiet: QuietOption = False,
) -> None:
    """Show what the volume of a scan rests on: maps as NRRD and PNG, and what is left when the structure is hidden.

    A scan that cannot be used is refused with the reason; the others are explained, and the exit status is 1.
    """
    from volest.explanation.scans import explain_scans
    from volest.records.run import RunDirectory

    folder = out or run / "explanations"
    rows = explain_scans(RunDirectory(run), scans, masks, folder, choose_progress(quiet))
    show_explanations(rows, folder)
    if any(row.refusal for row in rows):
        raise Exit(1)


def show_explanations(rows: "Sequence[ExplainedScan]", folder: Path) -> None:
    """Volumes with and without the structure, and below them the findings in words."""
    from rich.table import Table

    from volest.cli.tables import console

    table = Table()
    table.add_column("scan", overflow="fold", min_width=24)
    for name in COLUMNS:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(*_cells(row), style="red" if row.refusal else None)
    screen = console()
    screen.print(table)
    for row in rows:
        if row.flags:
            screen.print(f"{row.path}: {'; '.join(row.flags)}", soft_wrap=True, highlight=False)
        for finding in row.findings:
            screen.print(f"{finding.code} {row.path}: {finding.sentence} {finding.remedy}", soft_wrap=True)
        if row.refusal:
            screen.print(row.refusal, soft_wrap=True, style="red")
    if any(row.folder for row in rows):
        screen.print(f"Maps for 3D Slicer, pictures and figures: {folder}", soft_wrap=True, highlight=False)


def _cells(row: "ExplainedScan") -> tuple[str, ...]:
    if row.hiding is None:
        return row.path, "refused", "", "", "", "", ""
    other_ml = row.hiding.without_other_ml
    return (
        row.path,
        f"{row.hiding.predicted_ml:.1f}",
        f"{row.empty_ml:.1f}",
        f"{row.sum_ml:+.1f} of {row.due_ml:+.1f}",
        "no mask" if row.in_structure is None else f"{row.in_structure:.0%}",
        f"{row.hiding.without_region_ml:.1f}",
        "no room" if other_ml is None else f"{other_ml:.1f}",
    )
