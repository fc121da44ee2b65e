"""Options that several commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

if TYPE_CHECKING:
    from volest.config import Config
    from volest.progress import Progress

ManifestArgument = Annotated[Path | None, Argument(help="Table of scans; default: data.manifest.")]
ConfigOption = Annotated[
    Path | None, Option("--config", "-c", help="YAML file; default: volest.yaml here, else the default recipe.")
]
SetOption = Annotated[
    list[str] | None, Option("--set", metavar="KEY=VALUE", help="section.key=value; any number of times.")
]
SeedOption = Annotated[int | None, Option("--seed", help="In place of the configuration's seed.")]
DevicesOption = Annotated[
    int | None, Option(min=1, help="Processes that share each batch, on each machine: one a GPU, or on CPUs.")
]
NodesOption = Annotated[int, Option("--num-nodes", min=1, help="Machines, started by torchrun or SLURM.")]
QuietOption = Annotated[bool, Option("--quiet", "-q", help="No progress, results only.")]


def resolve_config(config: Path | None, overrides: list[str] | None, seed: int | None) -> "Config":
    """The configuration with what the command line overrides."""
    from volest.config import load_config

    return load_config(config, [*(overrides or []), *([f"seed={seed}"] if seed is not None else [])])


def choose_progress(quiet: bool) -> "Progress":
    """Bars on a terminal, plain lines elsewhere, nothing when asked to be quiet."""
    from volest.cli.bars import Bars
    from volest.progress import Silent

    return Silent() if quiet else Bars()
