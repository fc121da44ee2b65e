"""An evaluation on the screen."""

from collections.abc import Iterator
from pathlib import Path

from rich.table import Table

from volest.cli.tables import console
from volest.records.evaluation import Band, Comparison, Evaluation, Figure, IntervalFigures, LimitsOfAgreement, Summary
from volest.wording import scans_of_patients

UNDEFINED = "-"


def show_evaluation(evaluation: Evaluation, path: Path | None) -> None:
    """Remarks first, then the summary, the bands and the comparisons."""
    screen = console()
    for remark in evaluation.remarks:
        screen.print(f"Note: {remark}", soft_wrap=True, highlight=False)
    screen.print(_summary(evaluation))
    for column, bands in evaluation.bands.items():
        screen.print(_bands(column, bands))
    if evaluation.intervals:
        screen.print(_coverage(evaluation.intervals))
        if evaluation.intervals.missed:
            screen.print(f"No scan held: {', '.join(evaluation.intervals.missed)}", soft_wrap=True, highlight=False)
    tables = (
        comparison_table("baseline", evaluation.baselines),
        comparison_table("against", evaluation.comparisons),
        comparison_table("against", evaluation.follow_ups, "told", "Follow-ups, told of the patient's earlier volume"),
    )
    for table in tables:
        if table.row_count:
            screen.print(table)
    if any(table.row_count for table in tables):
        screen.print(
            "Below zero: errors there are larger. p: Wilcoxon's signed-rank test over patients.", soft_wrap=True
        )
    figures = f"Figures: {path}   " if path else ""
    screen.print(
        f"{figures}Intervals: {evaluation.level:.0%}, patients as the units, {evaluation.draws} draws of them.",
        soft_wrap=True,
        highlight=False,
    )


def _summary(evaluation: Evaluation) -> Table:
    overall = evaluation.overall
    title = f"{evaluation.source}: {scans_of_patients(overall.n_scans, overall.n_patients)}"
    table = Table("", "value", "interval", title=title)
    for rows in (_errors(overall), _agreement(overall), _association(overall)):
        for name, figure, digits in rows:
            table.add_row(name, _value(figure, digits), _interval(figure, digits))
        table.add_section()
    return table


def _errors(overall: Summary) -> Iterator[tuple[str, Figure, int]]:
    yield "MAE (mL)", overall.mae_ml, 2
    yield "RMSE (mL)", overall.rmse_ml, 2
    yield "MAPE (%)", overall.mape_percent, 1
    yield "median absolute percentage error (%)", overall.median_absolute_percentage_error, 1
    yield "within 10% of the reference (% of scans)", overall.within_10_percent, 1
    yield "within 20% of the reference (% of scans)", overall.within_20_percent, 1


def _agreement(overall: Summary) -> Iterator[tuple[str, Figure, int]]:
    yield from _limits("mL", overall.limits_ml, 2)
    yield "repeatability within patients (mL)", overall.repeatability_ml, 2
    yield from _limits("%", overall.limits_percent, 1)
    yield "repeatability within patients (%)", overall.repeatability_percent, 1


def _limits(unit: str, limits: LimitsOfAgreement, digits: int) -> Iterator[tuple[str, Figure, int]]:
    yield f"bias ({unit})", limits.bias, digits
    yield f"lower limit of agreement ({unit})", limits.lower, digits
    yield f"upper limit of agreement ({unit})", limits.upper, digits


def _association(overall: Summary) -> Iterator[tuple[str, Figure, int]]:
    yield "R2", overall.r2, 3
    yield "Pearson r", overall.pearson_r, 3
    yield "Spearman rho", overall.spearman_rho, 3
    yield "Lin's CCC", overall.ccc, 3
    yield "ICC(1,1)", overall.icc_1_1, 3
    yield "ICC(2,1)", overall.icc_2_1, 3
    yield "ICC(3,1)", overall.icc_3_1, 3
    yield "calibration slope", overall.calibration_slope, 3
    yield "calibration intercept (mL)", overall.calibration_intercept_ml, 2
    yield "SD of predictions / SD of references", overall.spread_ratio, 3


def _bands(column: str, bands: tuple[Band, ...]) -> Table:
    columns = ("MAE (mL)", "MAPE (%)", "bias (mL)", "within 10% (%)", "within 20% (%)", "scans", "patients")
    table = Table(column, *columns, title=f"By {column}")
    for band in bands:
        table.add_row(
            band.label,
            both(band.mae_ml, 2),
            _value(band.mape_percent, 1),
            both(band.bias_ml, 2),
            _value(band.within_10_percent, 0),
            _value(band.within_20_percent, 0),
            str(band.n_scans),
            str(band.n_patients),
        )
    return table


def _coverage(intervals: IntervalFigures) -> Table:
    columns = ("held (%)", "range of chance (%)", "mean width (mL)", "scans", "patients")
    table = Table("", *columns, title=f"Intervals of {100 * intervals.level:.6g}%")
    parts = [(column, part) for column, bands in intervals.bands.items() for part in bands]
    for column, part in [("", intervals.overall), *parts]:
        name = part.label if column in ("", "volume_ml") else f"{column} {part.label}"
        width = both(part.width_ml, 1)
        counts = str(part.n_scans), str(part.n_patients)
        table.add_row(name, _value(part.held_percent, 1), _interval(part.expected_percent, 0), width, *counts)
    return table


def comparison_table(
    against: str, comparisons: tuple[Comparison, ...], here: str = "here", title: str = "The same scans"
) -> Table:
    """Errors beside those of others on the same scans."""
    columns = ("its MAE (mL)", f"MAE {here} (mL)", f"{here} less there (mL)", "p", "p (Holm)", "scans", "patients")
    table = Table(against, *columns, title=title)
    for row in comparisons:
        table.add_row(
            row.against,
            _value(row.against_mae_ml, 2),
            _value(row.mae_ml, 2),
            both(row.mae_difference_ml, 2),
            _p(row.p),
            _p(row.p_holm),
            str(row.n_scans),
            str(row.n_patients),
        )
    return table


def _value(figure: Figure, digits: int) -> str:
    return UNDEFINED if figure.value is None else f"{figure.value:.{digits}f}"


def _interval(figure: Figure, digits: int) -> str:
    if figure.low is None or figure.high is None:
        return UNDEFINED
    return f"{figure.low:.{digits}f} to {figure.high:.{digits}f}"


def both(figure: Figure, digits: int) -> str:
    """A figure with its interval behind it, where it has one."""
    interval = "" if figure.low is None else f" [{_interval(figure, digits)}]"
    return _value(figure, digits) + interval


def _p(p: float | None) -> str:
    if p is None:
        return UNDEFINED
    return "<0.001" if p < 0.001 else f"{p:.3f}"
