"""Results on the screen."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from volest.evaluation.metrics import agreement
from volest.records.estimates import EstimateRow
from volest.records.metrics import Agreement, Metrics
from volest.records.predictions import Prediction

COLUMNS = ("MAE (mL)", "MAPE (%)", "RMSE (mL)", "R2", "r", "scans", "patients")


def console() -> Console:
    """Standard output; as wide as needed where it is no terminal, so that nothing is cut in a file or a pipe."""
    screen = Console()
    return screen if screen.is_terminal else Console(width=160)


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
    screen = console()
    screen.print(table)
    screen.print(
        f"Records: {run}   Curves: volest monitor {run}   New scans: volest predict {run} SCAN...", soft_wrap=True
    )


def show_fold(predictions: Sequence[Prediction], fold: int, run: Path) -> None:
    """Agreement of one fold."""
    table = Table("", *COLUMNS, title="Held-out scans")
    table.add_row(f"fold {fold}", *_cells(agreement(predictions)), style="bold")
    screen = console()
    screen.print(table)
    screen.print(f"Records: {run}   Curves: volest monitor {run}   All folds: volest cv", soft_wrap=True)


def show_estimates(rows: Sequence[EstimateRow]) -> None:
    """Volumes of new scans."""
    table = Table("scan", "volume (mL)", "spread of folds (mL)", "flags")
    for row in rows:
        spread = "" if row.spread_ml is None else f"{row.spread_ml:.1f}"
        table.add_row(row.path, f"{row.volume_ml:.1f}", spread, "; ".join(row.flags))
    console().print(table)


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
