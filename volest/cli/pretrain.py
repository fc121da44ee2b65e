"""`volest pretrain`."""

from pathlib import Path
from typing import Annotated

from typer import Option

from volest.cli.options import ConfigOption, QuietOption, SeedOption, SetOption, choose_progress, resolve_config
from volest.errors import ConfigError


def pretrain(
    fold: Annotated[int | None, Option(help="Held-out fold, from 0; default: each.")] = None,
    unlabelled: Annotated[
        Path | None, Option(help="Further scans: a folder, a table with `path`, or a pattern; as data.unlabelled.")
    ] = None,
    out: Annotated[
        Path | None, Option(help="Pretrain without a fold, on the unlabelled scans alone, and write here.")
    ] = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    seed: SeedOption = None,
    strict: Annotated[bool, Option("--strict", help="Refuse scans that may not be used, rather than go on.")] = False,
    restart: Annotated[bool, Option("--restart", help="Forget what an earlier pretraining has left behind.")] = False,
    quiet: QuietOption = False,
) -> None:
    """Teach the encoder to reconstruct scans, before it sees any volume: never one of a held-out patient."""
    from volest.cli.tables import show_encoders
    from volest.experiments.pretraining import pretrain_alone
    from volest.experiments.pretraining_run import pretrain_run

    places = {"data.unlabelled": unlabelled, "run.directory": out}
    given = [f"{key}={path.absolute()}" for key, path in places.items() if path is not None]
    resolved = resolve_config(config, [*(set_ or []), *given], seed)
    progress = choose_progress(quiet)
    if out is None:
        encoders = pretrain_run(resolved, fold, progress, strict, restart)
    elif fold is None:
        encoders = {None: pretrain_alone(resolved, progress, strict, restart)}
    else:
        raise ConfigError("`--out` pretrains without a fold and `--fold` for one. Give one of them.")
    show_encoders(encoders, resolved.run.directory)
