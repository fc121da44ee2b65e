"""Results on the screen."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from volest.evaluation.metrics import agreement
from volest.records.encoder import EncoderRecord
from volest.records.metrics import Agreement, Metrics
from volest.records.predictions import Prediction

if TYPE_CHECKING:
    from volest.experiments.demo import DemoResult

COLUMNS = ("MAE (mL)", "MAPE (%)", "RMSE (mL)", "R2", "r", "scans", "patients")


def console() -> Console:
    """Standard output; as wide as needed where it is no terminal, so that nothing is cut in a file or a pipe.

    Paths and ids are printed as they are: in `scan[a].nrrd` the brackets are no markup.
    """
    screen = Console(markup=False, emoji=False)
    return screen if screen.is_terminal else Console(width=160, markup=False, emoji=False)


def show_metrics(metrics: Metrics, run: Path) -> None:
    """Out of fold, by fold, and the baselines beside."""
    table = Table("", *COLUMNS, title="Held-out scans")
    for name, baseline in metrics.baselines.items():
        table.add_row(f"baseline: {name}", *_cells(baseline))
    table.add_section()
    for fold, held_out in metrics.folds.items():
        table.add_row(f"fold {fold}", *_cells(held_out))
    table.add_section()
    table.add_row("out of fold", *_cells(metrics.oof), style="bold")
    if metrics.test is not None:
        table.add_row("locked test set", *_cells(metrics.test), style="bold")
    screen, named = console(), shlex.quote(str(run))
    screen.print(table)
    screen.print(
        f"Records: {named}   Curves: volest monitor {named}   New scans: volest predict {named} SCAN...", soft_wrap=True
    )


def show_fold(predictions: Sequence[Prediction], fold: int, run: Path) -> None:
    """Agreement of one fold."""
    table = Table("", *COLUMNS, title="Held-out scans")
    table.add_row(f"fold {fold}", *_cells(agreement(predictions)), style="bold")
    screen, named = console(), shlex.quote(str(run))
    screen.print(table)
    rest = "All folds: volest cv, with the same options"
    screen.print(f"Records: {named}   Curves: volest monitor {named}   {rest}", soft_wrap=True)


def _cells(figures: Agreement) -> tuple[str, ...]:
    return (
        f"{figures.mae_ml:.2f}",
        f"{figures.mape_percent:.1f}",
        f"{figures.rmse_ml:.2f}",
        f"{figures.r2:.3f}",
        f"{figures.pearson_r:.3f}",
        str(figures.n_scans),
        str(figures.n_patients),
    )


def show_encoders(encoders: Mapping[int | None, EncoderRecord], run: Path) -> None:
    """What each encoder has learnt from, and where to go on."""
    table = Table("", "scans", "of them unlabelled", "left out", "final loss", title="Pretrained encoders")
    for fold, record in encoders.items():
        unlabelled = sum(not scan.is_labelled for scan in record.scans)
        cells = len(record.scans), unlabelled, len(record.left_out), f"{record.final_loss:.4f}"
        table.add_row("without a fold" if fold is None else f"fold {fold}", *map(str, cells))
    screen, named = console(), shlex.quote(str(run))
    screen.print(table)
    go_on = (
        f"volest cv --set model.encoder_weights={shlex.quote(str(run / 'encoder.safetensors'))}"
        if None in encoders
        else "volest cv --set pretrain.enabled=true, with the same options"
    )
    screen.print(f"Records: {named}   Curves: volest monitor {named}   Go on: {go_on}", soft_wrap=True)


def show_demo(result: "DemoResult", report: Path) -> None:
    """Truth and estimate of the new patients, the held-out fold, and where to look next."""
    table = Table("new scan", "truth (mL)", "estimate (mL)", "error (%)", "flags", title="Patients never seen before")
    for (name, estimate), truth_ml in zip(result.estimates.items(), result.truth_ml, strict=True):
        error = 100 * (estimate.volume_ml / truth_ml - 1)
        flags = "; ".join(estimate.flags)
        table.add_row(name, f"{truth_ml:.1f}", f"{estimate.volume_ml:.1f}", f"{error:+.1f}", flags)
    show_fold(result.held_out, 0, result.run)
    screen = console()
    screen.print(table)
    folder = result.run.parent
    for line in (
        f"{report}          can it be used, what is wrong, what next: open it in a browser",
        f"volest monitor {shlex.quote(str(result.run))}          the curves in TensorBoard",
        f"cd {shlex.quote(str(folder))} && volest cv             the other folds, and the baselines beside them",
        "volest index DIR --labels TABLE      then the same with scans of your own",
    ):
        screen.print(line, soft_wrap=True, highlight=False)
