"""`volest doctor`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from volest.cli.options import ConfigOption, QuietOption, SeedOption, SetOption, choose_progress, resolve_config

if TYPE_CHECKING:
    from volest.experiments.doctor.verdict import Verdict

STYLES = {"ok": "green", "warning": "yellow", "failed": "bold red", "skipped": "dim"}


def doctor(
    config: ConfigOption = None, set_: SetOption = None, seed: SeedOption = None, quiet: QuietOption = False
) -> None:
    """Examine this machine, and the data and configuration where there are some: able to train? About a minute."""
    from volest.experiments.doctor.examination import examine

    verdicts = examine(resolve_config(config, set_, seed), choose_progress(quiet))
    show_verdicts(verdicts)
    if any(verdict.outcome.state == "failed" for verdict in verdicts):
        raise typer.Exit(1)


def show_verdicts(verdicts: Sequence["Verdict"]) -> None:
    """What was measured and what to do, a row a check; then how many of each."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("check", "verdict", "measured", "remedy", title="volest doctor")
    table.add_column("s", justify="right")
    for verdict in verdicts:
        outcome, style = verdict.outcome, STYLES[verdict.outcome.state]
        cells = (outcome.measured, outcome.remedy, f"{verdict.seconds:.1f}")
        table.add_row(verdict.title, Text(outcome.state, style=style), *cells)
    screen = Console(markup=False, emoji=False, highlight=False)
    screen = screen if screen.is_terminal else Console(width=160, markup=False, emoji=False, highlight=False)
    screen.print(table)
    counts = {state: sum(verdict.outcome.state == state for verdict in verdicts) for state in STYLES}
    screen.print(", ".join(f"{count} {state}" for state, count in counts.items() if count))
