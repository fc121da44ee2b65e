"""`volest predict`."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Exit, Option

from volest.cli.cluster import ClusterOption, predicting_elsewhere
from volest.cli.options import QuietOption, choose_progress


def predict(
    run: Annotated[Path, Argument(help="Run directory.")],
    scans: Annotated[list[str], Argument(metavar="SCAN", help="Files, folders, or patterns in quotes.")],
    level: Annotated[
        float | None, Option(help="Share of new patients whose volume the interval holds; default: the run's own, 0.9.")
    ] = None,
    refuse: Annotated[
        bool, Option("--refuse", help="Leave out the volume of a scan that is unlike the training scans.")
    ] = False,
    earlier: Annotated[
        Path | None,
        Option(
            metavar="TABLE",
            help="Patients measured before: a CSV with path, earlier_volume_ml and, where at hand, earlier_path; paths "
            "are relative to its folder.",
        ),
    ] = None,
    out: Annotated[Path | None, Option(help="Write the estimates to a .csv or .json file.")] = None,
    cluster: ClusterOption = None,
    set_: Annotated[list[str] | None, Option("--set", help="cluster.key=value; any number of times.")] = None,
    quiet: QuietOption = False,
) -> None:
    """Estimate the volume in new scans with the mean of the run's folds, each with its interval.

    A scan that cannot be used is refused with the reason; the others are estimated, and the exit status is 1. While it
    works, FILE.partial beside `--out` grows by a line a scan; after an interruption the same command goes on from it.
    """
    from volest.records.estimates import require_writable, write_estimates

    if out is not None:
        require_writable(out)
    from volest.cli.estimate_table import show_estimates
    from volest.inference.prediction import predicting
    from volest.records.run import RunDirectory

    directory, progress = RunDirectory(run), choose_progress(quiet)
    with (
        predicting_elsewhere(cluster, run, out, set_ or []) as elsewhere,
        predicting(directory, scans, progress, level, refuse, out, elsewhere, earlier) as predicted,
    ):
        if out is not None:
            write_estimates(predicted, out)
        refused = show_estimates(predicted, out)
    if refused:
        raise Exit(1)
