"""`volest diagnose`."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Exit, Option

from volest.cli.options import SeedOption


def diagnose(
    run: Annotated[Path, Argument(help="Run directory, as `volest train` and `volest cv` write it.")],
    set_: Annotated[list[str] | None, Option("--set", help="diagnosis.key=value; any number of times.")] = None,
    seed: SeedOption = None,
) -> None:
    """Say why a run does not generalise, from its records alone; exit status 1 where there are errors."""
    from volest.cli.diagnosis import judge_run, show_diagnosis
    from volest.records.findings import Severity

    diagnosis = judge_run(run, set_ or [], seed)
    show_diagnosis(diagnosis, run)
    if any(finding.severity is Severity.ERROR for finding in diagnosis.findings):
        raise Exit(1)
