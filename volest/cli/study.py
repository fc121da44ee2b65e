"""`volest study NAME`: one thing is varied, everything else is held."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from typer import Option

from volest.cli.cluster import ClusterOption, cluster_at, require_alone
from volest.cli.options import ConfigOption, QuietOption, SeedOption, SetOption, choose_progress, resolve_config

if TYPE_CHECKING:
    from volest.records.study import StudyRecord

OutOption = Annotated[Path | None, Option("--out", help="Where the study writes; default: studies/NAME.")]
FoldsOption = Annotated[list[int] | None, Option("--fold", help="Held-out fold; any number of times; default: all.")]
JobsOption = Annotated[int, Option("--jobs", min=1, help="Trainings at a time; several GPUs take turns.")]
PresetOption = Annotated[
    Literal["full", "quick"], Option("--preset", help="quick: fewer seeds, folds, epochs and perhaps arms.")
]

NAMES = {
    "loss": "Which loss: MSE, L1, Huber, log-cosh, relative, likelihood, quantiles, ranking; mL or its logarithm?",
    "regularisation": "L1, L2, weight decay, dropout, stochastic depth or C-mixup, and how strong?",
    "learning-rate": "Which learning rate? A range test, a sweep around it, and the rate for a larger batch.",
    "batch-size": "Which batch size, and is it the batch or the number of steps?",
    "pretraining": "Does an encoder that first learnt to reconstruct scans err less, frozen or not?",
    "pretraining-batch-size": "The same of the autoencoder, judged by its reconstructions and a linear probe.",
    "optimisation": "Which optimiser, norm, average of the weights and schedule?",
    "augmentation": "Which transforms help, each left out in turn, and must labels follow them?",
    "ladder": "From the network of the question to the recipe, one step at a time.",
}

study = typer.Typer(help="Vary one thing, hold everything else, and let the folds judge.", no_args_is_help=True)


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
    jobs: JobsOption = 1,
    cluster: ClusterOption = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    seed: SeedOption = None,
    quiet: QuietOption = False,
) -> None:
    """Would more patients help? One training for each fraction, fold and repeat; goes on where it was stopped."""
    from volest.experiments.studies.train_fraction import FRACTIONS, TrainFractionPlan, study_train_fraction

    plan = TrainFractionPlan(tuple(fraction or FRACTIONS), tuple(fold or ()), repeats, target_mae)
    resolved, directory = resolve_config(config, set_, seed), out or Path("studies/train-fraction")
    require_alone(cluster, "--jobs", jobs > 1)
    with cluster_at(cluster, resolved.cluster) as machines:
        done = study_train_fraction(resolved, plan, directory, choose_progress(quiet), jobs, machines)
    show_study(done.record, directory)


def _command(name: str, question: str) -> None:
    """A word of `volest study` for each study of arms."""

    def run(
        preset: PresetOption = "full",
        jobs: JobsOption = 1,
        cluster: ClusterOption = None,
        out: OutOption = None,
        config: ConfigOption = None,
        set_: SetOption = None,
        seed: SeedOption = None,
        quiet: QuietOption = False,
    ) -> None:
        from volest.experiments.studies.catalogue import plan_study
        from volest.experiments.studies.execution import prepare_study, run_study

        resolved, directory = resolve_config(config, set_, seed), out or Path("studies") / name
        progress = choose_progress(quiet)
        require_alone(cluster, "--jobs", jobs > 1)
        with cluster_at(cluster, resolved.cluster) as machines:
            whole = prepare_study(resolved, directory, progress)
            plan = plan_study(name, whole, preset, progress)
            record = run_study(plan, whole, directory, progress, jobs, machines)
        show_study(record, directory)

    study.command(name, help=f"{question} Goes on where it was stopped.")(run)


for _name, _question in NAMES.items():
    _command(_name, _question)


def show_study(record: "StudyRecord", directory: Path) -> None:
    """Write the page; show the table, and below it the answer."""
    from rich.table import Table

    from volest.cli.tables import console
    from volest.report.study_page import screen_table, write_study_page

    page = write_study_page(record, directory)
    columns, rows = screen_table(record)
    table = Table(title=record.question)
    for column in columns:
        table.add_column(column, justify="left" if column == "Arm" else "right")
    for row in rows:
        table.add_row(*row)
    screen = console()
    screen.print(table)
    screen.print(record.answer, soft_wrap=True, highlight=False, style="bold")
    screen.print(f"The page: {page}   Every trial: {directory / 'results.csv'}", soft_wrap=True)
