"""`volest cv`."""

from typing import Annotated

from typer import Option

from volest.cli.cluster import ClusterOption, cluster_at, require_alone
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


def cv(
    config: ConfigOption = None,
    set_: SetOption = None,
    seed: SeedOption = None,
    unlock_test: Annotated[
        bool, Option("--unlock-test", help="Judge the locked test patients too. Once, at the very end.")
    ] = False,
    devices: DevicesOption = None,
    num_nodes: NodesOption = 1,
    cluster: ClusterOption = None,
    quiet: QuietOption = False,
) -> None:
    """Train all folds, finished ones left as they are, judge all held-out scans together, and say what is wrong."""
    from volest.cli.diagnosis import judge_run, show_diagnosis
    from volest.cli.tables import show_metrics
    from volest.experiments.cross_validation import cross_validate

    resolved = resolve_config(config, set_, seed)
    require_alone(cluster, "--devices", devices is not None or num_nodes > 1)
    directory = resolved.run.directory
    with company(devices, num_nodes, resolved.training) as shows, cluster_at(cluster, resolved.cluster) as machines:
        metrics = cross_validate(resolved, choose_progress(quiet or not shows), unlock_test, machines)
    if not shows:
        return
    show_metrics(metrics, directory)
    thresholds = [f"diagnosis.{name}={value!r}" for name, value in resolved.diagnosis.model_dump().items()]
    show_diagnosis(judge_run(directory, thresholds), directory)
