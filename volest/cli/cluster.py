"""`--cluster ADDRESS`: a command whose parts are carried out on many machines."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from volest.errors import ConfigError

if TYPE_CHECKING:
    from volest.config.cluster import ClusterConfig
    from volest.experiments.cluster.cluster import Cluster
    from volest.inference.prediction import Elsewhere

ClusterOption = Annotated[
    str | None,
    Option("--cluster", metavar="ADDRESS", help="Ray cluster that does the work: HOST:PORT of its head, or auto."),
]


@contextmanager
def cluster_at(address: str | None, config: "ClusterConfig") -> "Iterator[Cluster | None]":
    """The cluster, or None where the work is done here."""
    if address is None:
        yield None
        return
    from volest.experiments.cluster.ray import joined

    with joined(address, config) as cluster:
        yield cluster


@contextmanager
def predicting_elsewhere(
    address: str | None, run: Path, out: Path | None, overrides: Sequence[str]
) -> "Iterator[Elsewhere | None]":
    """What estimates scans on the cluster, as the run's own section `cluster` says, some keys overridden.

    Raises:
        ConfigError: no table to write, or an override of anything but `cluster`.
    """
    for override in overrides:
        if not override.strip().startswith("cluster."):
            raise ConfigError(
                f"override {override!r}: a prediction uses the run as it is; only cluster.key=value can be set."
            )
    if address is None:
        yield None
        return
    if out is None:
        raise ConfigError(
            "--cluster needs `--out FILE` on storage that all machines of the cluster share: the rows of each shard of "
            "scans are kept beside it."
        )
    from volest.config.load import DEFAULT_RECIPE, load_config
    from volest.experiments.shards import predict_on
    from volest.records.run import RunDirectory

    recorded = RunDirectory(run).config
    config = load_config(recorded if recorded.exists() else DEFAULT_RECIPE, overrides).cluster
    with cluster_at(address, config) as cluster:
        yield partial(predict_on, cluster) if cluster is not None else None


def require_alone(address: str | None, option: str, is_given: bool) -> None:
    """Raise ConfigError where an option is given that says otherwise where to compute."""
    if address is not None and is_given:
        raise ConfigError(
            f"--cluster and {option} both say where to compute. Give one of them; on a cluster cluster.tasks, "
            "cluster.cpus and cluster.gpus say how much."
        )
