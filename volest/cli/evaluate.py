"""`volest evaluate`."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option


def evaluate(
    run: Annotated[Path | None, Argument(help="Run directory.")] = None,
    predictions: Annotated[
        Path | None,
        Option(
            help="In place of a run: a CSV with scan_id (or path), predicted_ml, reference_ml; patient_id if you can."
        ),
    ] = None,
    against: Annotated[
        list[Path] | None, Option(help="Another run or CSV with the same scans; any number of times.")
    ] = None,
    by: Annotated[list[str] | None, Option(help="Column to divide the scans by; any number of times.")] = None,
    out: Annotated[
        Path | None, Option(help="Where to write the figures; default: RUN/evaluation.json, nowhere for a CSV.")
    ] = None,
    seed: Annotated[int, Option(min=0, help="Of the draws of patients.")] = 0,
) -> None:
    """Agreement with the references, as journals ask for it, each figure with its interval over patients."""
    import numpy as np

    from volest.cli.agreement_tables import show_evaluation
    from volest.errors import ConfigError
    from volest.evaluation.evaluation import evaluate as evaluate_table
    from volest.records.evaluation import write_evaluation
    from volest.records.judged import read_judged
    from volest.records.run import RunDirectory

    source = run if predictions is None else predictions
    if source is None or (run is not None and predictions is not None):
        raise ConfigError("expected either the directory of a run or `--predictions FILE`, and not both.")
    if out is not None and out.suffix != ".json":
        raise ConfigError(f"--out {out}: expected a name that ends in .json.")
    others = {str(path): read_judged(path) for path in against or ()}
    evaluation = evaluate_table(read_judged(source, by or ()), np.random.default_rng(seed), others)
    if out is None and source.is_dir():
        out = RunDirectory(source).evaluation
    if out is not None:
        write_evaluation(evaluation, out)
    show_evaluation(evaluation, out)
