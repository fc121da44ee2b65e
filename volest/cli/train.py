"""`volest train`."""

from typing import Annotated

from typer import Option

from volest.cli.options import ConfigOption, QuietOption, SeedOption, SetOption, choose_progress, resolve_config


def train(
    fold: Annotated[int, Option(help="Held-out fold, from 0.")],
    config: ConfigOption = None,
    set_: SetOption = None,
    seed: SeedOption = None,
    resume: Annotated[bool, Option("--resume", help="Go on after an interruption.")] = False,
    restart: Annotated[bool, Option("--restart", help="Forget what the fold has left behind.")] = False,
    quiet: QuietOption = False,
) -> None:
    """Train one fold and predict its held-out scans."""
    from volest.cli.tables import show_fold
    from volest.experiments.fold import run_fold

    resolved = resolve_config(config, set_, seed)
    show_fold(run_fold(resolved, fold, choose_progress(quiet), resume, restart), fold, resolved.run.directory)
