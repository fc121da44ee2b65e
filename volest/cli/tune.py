"""`volest tune`: which values of which keys make the smallest error?"""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from typer import Argument, Option

from volest.cli.cluster import ClusterOption, cluster_at
from volest.cli.options import ConfigOption, QuietOption, SeedOption, SetOption, choose_progress, resolve_config

if TYPE_CHECKING:
    from volest.records.proxy import ProxyValidation
    from volest.records.search import SearchRecord

MOST_ROWS = 15


def tune(
    space: Annotated[
        str,
        Argument(help="YAML file of keys and ranges, or one that comes with volest: training, network, augmentation."),
    ],
    trials: Annotated[int, Option(min=1, help="Configurations to try, all workers together.")] = 50,
    fold: Annotated[
        int | None,
        Option(help="Outer fold whose patients are not seen; default: all but locked patients are searched."),
    ] = None,
    inner_folds: Annotated[int, Option(min=2, help="Parts that judge each configuration by turns.")] = 3,
    sampler: Annotated[Literal["tpe", "random"], Option(help="How configurations are drawn.")] = "tpe",
    pruner: Annotated[Literal["asha", "hyperband", "none"], Option(help="How hopeless ones are given up.")] = "asha",
    storage: Annotated[
        str | None, Option(help="URL of a database for workers on many machines; default: a journal in --out.")
    ] = None,
    silence: Annotated[int, Option(min=4, help="Seconds after which a worker of a database is taken for dead.")] = 90,
    proxy: Annotated[
        str | None,
        Option(help="data, network, or data,network: train less in each trial, as the section proxy declares."),
    ] = None,
    validate: Annotated[
        int, Option(min=0, help="Configurations trained in full as well: does the proxy rank them? 5 give intervals.")
    ] = 0,
    out: Annotated[Path | None, Option("--out", help="Where the search writes; default: searches/SPACE.")] = None,
    cluster: ClusterOption = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    seed: SeedOption = None,
    quiet: QuietOption = False,
) -> None:
    """Search for the best values of some keys, judged by folds within the training patients.

    Goes on where it was stopped; the same command in another process, or on another machine with the same storage,
    joins in.
    """
    from volest.experiments.tuning.space import read_space

    resolved, progress, keys = resolve_config(config, set_, seed), choose_progress(quiet), read_space(space)
    keys.require_sound(resolved)  # before the scans are read, and before torch is loaded
    from volest.experiments.proxy.proxy import build_proxy, read_parts
    from volest.experiments.proxy.validation import require_proxy, validate_proxy
    from volest.experiments.tuning.execution import run_search
    from volest.experiments.tuning.patients import searched_run
    from volest.experiments.tuning.search import Search
    from volest.experiments.tuning.storage import require_storage
    from volest.records.proxy import PROXY, read_proxy
    from volest.report.search_page import write_search_page

    parts = read_parts(proxy or "")
    require_proxy(parts, validate, keys.ranges, resolved.proxy)
    within = "" if fold is None else f"_fold_{fold}"
    directory = out or Path("searches") / f"{Path(space).stem}{within}"
    require_storage(storage, directory, silence)
    with cluster_at(cluster, resolved.cluster) as machines:
        full = searched_run(resolved, keys, fold, inner_folds, directory, progress)
        less = build_proxy(full, parts, progress)
        search = Search(
            *(resolved, keys, less.whole, directory, fold, trials, sampler, pruner, storage, silence),
            shrink=less.shrink,
            proxy=less.sentence,
        )
        record = run_search(search, progress, machines)
        known = read_proxy(directory) if (directory / PROXY).exists() else None
        show_search(record, directory, known)  # before the validation, which takes long and may fail
        if validate:
            known = validate_proxy(search, record, full, less, validate, progress)
            write_search_page(record, directory, known)
    if known is not None:
        show_proxy(known)
    show_next(directory, fold)


def show_search(record: "SearchRecord", directory: Path, proxy: "ProxyValidation | None") -> None:
    """Write the page; show the best trials, and below them the answer. Exit status 1 where no trial was judged."""
    from rich.table import Table

    from volest.cli.tables import console
    from volest.report.search_page import NUMBERS, search_table, write_search_page

    page = write_search_page(record, directory, proxy)
    columns, rows = search_table(record, MOST_ROWS)
    table = Table(title=f"Search {record.name}: {len(record.trials)} configurations")
    for column in columns:
        table.add_column(column, justify="right" if column in NUMBERS else "left")
    for row in rows:
        table.add_row(*row)
    screen = console()
    screen.print(table)
    screen.print(record.answer, soft_wrap=True, highlight=False, style="bold")
    if not record.complete:
        raise typer.Exit(1)
    screen.print(f"The page: {page}   Every trial: {directory / 'trials.csv'}", soft_wrap=True)


def show_next(directory: Path, fold: int | None) -> None:
    """What to do with the best configuration; with an outer fold set aside, ask it of that fold alone."""
    from volest.cli.tables import console

    best, board = (shlex.quote(str(directory / name)) for name in ("best.yaml", "tensorboard"))
    command = f"volest cv -c {best}" if fold is None else f"volest train -c {best} --fold {fold}"
    console().print(f"Go on: {command}   HParams: volest monitor {board}", soft_wrap=True)


def show_proxy(proxy: "ProxyValidation") -> None:
    """Both scores of each configuration that was trained in full, and whether the proxy can be relied on."""
    from rich.table import Table

    from volest.cli.tables import console
    from volest.report.proxy_table import proxy_table

    columns, rows = proxy_table(proxy)
    table = Table(title="The proxy beside full training")
    for column in columns:
        table.add_column(column, justify="left" if column == "Configuration" else "right")
    for row in rows:
        table.add_row(*row)
    screen = console()
    screen.print(table)
    screen.print(proxy.verdict, soft_wrap=True, highlight=False, style="bold" if proxy.can_rank else "bold red")
