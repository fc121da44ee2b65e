"""`volest report`."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option, echo

from volest.cli.options import QuietOption, choose_progress


def report(
    run: Annotated[Path, Argument(help="Run directory.")],
    pictures: Annotated[bool, Option(help="Show the scans, where their files can be read.")] = True,
    pdf: Annotated[bool, Option("--pdf", help="Also print report.pdf, through the Chromium of this machine.")] = False,
    quiet: QuietOption = False,
) -> None:
    """A run on one page, the verdict first, and its figures as SVG for a paper."""
    from volest.report.report_page import FIGURES, write_report

    page = write_report(run, pictures, choose_progress(quiet))
    echo(f"Report: {page}   Figures for a paper: {page.parent / FIGURES}")
    if pdf:
        from volest.report.printing import print_pdf

        echo(f"PDF: {print_pdf(page)}")
