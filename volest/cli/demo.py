"""`volest demo`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from typer import Option

from volest.cli.options import QuietOption, SetOption, choose_progress


class Preset(StrEnum):
    """Sizes of the demo's study."""

    small = "small"
    question = "question"


def demo(
    directory: Annotated[
        Path,
        Option(
            "--directory",
            "-d",
            help="New or empty folder for the study and the run; that of a demo cut off goes on.",
        ),
    ] = Path("volest-demo"),
    preset: Annotated[
        Preset, Option(help="small: 90 scans of about 48^3, minutes; question: 200 scans of 128^3, hours on a CPU.")
    ] = Preset.small,
    seed: Annotated[int, Option(help="Of the phantoms, the folds and the training.")] = 0,
    set_: SetOption = None,
    quiet: QuietOption = False,
) -> None:
    """Make phantoms of known volume, train one fold, predict new patients: the whole road in minutes on a CPU."""
    from volest.cli.tables import show_demo
    from volest.experiments.demo import run_demo
    from volest.report.report_page import write_report

    progress = choose_progress(quiet)
    result = run_demo(directory, preset.value, seed, progress, set_ or ())
    show_demo(result, write_report(result.run, progress=progress))
