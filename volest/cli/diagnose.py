"""`volest diagnose`."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Exit, Option

from volest.cli.options import QuietOption, SeedOption, choose_progress


def diagnose(
    run: Annotated[Path, Argument(help="Run directory, as `volest train` and `volest cv` write it.")],
    set_: Annotated[list[str] | None, Option("--set", help="diagnosis.key=value; any number of times.")] = None,
    seed: SeedOption = None,
    controls: Annotated[
        bool, Option("--controls", help="Train control experiments too, short ones on one fold: minutes to an hour.")
    ] = False,
    fold: Annotated[int, Option(help="That the controls hold out.")] = 0,
    quiet: QuietOption = False,
) -> None:
    """Say why a run does not generalise, from its records and, if asked, controls; exit status 1 for errors."""
    from volest.cli.diagnosis import judge_run, show_diagnosis
    from volest.records.findings import Severity

    diagnosis = judge_run(run, set_ or [], seed)
    if controls:
        from volest.experiments.controls.controls import run_controls

        run_controls(run, fold, choose_progress(quiet))
        diagnosis = judge_run(run, set_ or [], seed)  # by its record, as any later diagnosis will
    show_diagnosis(diagnosis, run)
    if any(finding.severity is Severity.ERROR for finding in diagnosis.findings):
        raise Exit(1)
