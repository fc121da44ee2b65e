"""`volest study NAME`: one thing is varied, everything else is held."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Option

from volest.cli.options import ConfigOption, QuietOption, SeedOption, SetOption, choose_progress, resolve_config

if TYPE_CHECKING:
    from volest.experiments.studies.page import StudyPage

study = typer.Typer(help="Vary one thing, hold everything else, and let the folds judge.", no_args_is_help=True)

OutOption = Annotated[Path | None, Option("--out", help="Where the study writes; default: studies/NAME.")]
FoldsOption = Annotated[list[int] | None, Option("--fold", help="Held-out fold; any number of times; default: all.")]


@study.callback()
def _several() -> None:
    """Keep `train-fraction` a word of its own while it is the only study."""


@study.command("train-fraction")
def train_fraction(
    fraction: Annotated[
        list[float] | None, Option(help="Of the training patients; any number of times; default: 0.25 0.5 0.75 1.")
    ] = None,
    fold: FoldsOption = None,
    repeats: Annotated[int, Option(help="Other random parts of the patients, for each fraction.")] = 1,
    target_mae: Annotated[
        float | None, Option(help="Mean error in mL that the answer is about; default: 10% below the present one.")
    ] = None,
    out: OutOption = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    seed: SeedOption = None,
    quiet: QuietOption = False,
) -> None:
    """Would more patients help? One training for each fraction, fold and repeat; goes on where it was stopped."""
    from volest.experiments.studies.train_fraction import FRACTIONS, TrainFractionPlan, study_train_fraction

    plan = TrainFractionPlan(tuple(fraction or FRACTIONS), tuple(fold or ()), repeats, target_mae)
    resolved = resolve_config(config, set_, seed)
    done = study_train_fraction(resolved, plan, out or Path("studies/train-fraction"), choose_progress(quiet))
    show_page(done.page, done.directory)


def show_page(page: "StudyPage", directory: Path) -> None:
    """The table, and below it the answer."""
    from rich.table import Table

    from volest.cli.tables import console

    table = Table(title=page.title)
    for column in page.columns:
        table.add_column(column, justify="right")
    for row in page.rows:
        table.add_row(*row)
    screen = console()
    screen.print(table)
    screen.print(page.answer, soft_wrap=True, highlight=False, style="bold")
    screen.print(
        f"How it was done: {directory / 'study.md'}   Every trial: {directory / 'results.csv'}", soft_wrap=True
    )
