"""`volest train`."""

from typing import Annotated

from typer import Option

from volest.cli.company import company
from volest.cli.options import (
    ConfigOption,
    DevicesOption,
    NodesOption,
    QuietOption,
    SeedOption,
    SetOption,
    choose_progress,
    resolve_config,
)


def train(
    fold: Annotated[int, Option(help="Held-out fold, from 0.")],
    config: ConfigOption = None,
    set_: SetOption = None,
    seed: SeedOption = None,
    resume: Annotated[bool, Option("--resume", help="Go on after an interruption.")] = False,
    restart: Annotated[bool, Option("--restart", help="Forget what the fold has left behind.")] = False,
    devices: DevicesOption = None,
    num_nodes: NodesOption = 1,
    quiet: QuietOption = False,
) -> None:
    """Train one fold and predict its held-out scans."""
    from volest.cli.tables import show_fold
    from volest.experiments.fold import run_fold

    resolved = resolve_config(config, set_, seed)
    with company(devices, num_nodes, resolved.training) as shows:
        predictions = run_fold(resolved, fold, choose_progress(quiet or not shows), resume, restart)
    if shows:
        show_fold(predictions, fold, resolved.run.directory)
