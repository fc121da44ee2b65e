"""`study.html` and `study.md`: a study on one page, its answer first."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from volest.records import atomic
from volest.records.evaluation import Figure
from volest.records.study import ArmSummary, ReconstructionSummary, StudyCurve, StudyProjection, StudyRecord
from volest.report.figure_text import UNDEFINED, interval, minus, value
from volest.report.page import render_page
from volest.report.plots.drawing import draw
from volest.report.plots.latents import HELD_KEY, dots, fifths
from volest.report.plots.paper import write_figures
from volest.report.plots.plot import Axis, Line, Plot
from volest.report.plots.rows import arms_plot, changes_plot

PAGE, TEXT, FIGURES = "study.html", "study.md", "figures"

ON_SCREEN = (
    "Arm",
    "MAE, mL",
    "95% interval",
    "Change, mL",
    "95% interval of it",
    "p (Holm)",
    "Held-out loss",
    "Failed",
)


def write_study_page(record: StudyRecord, directory: Path) -> Path:
    """Write the page, the same as text, and its figures as SVG; the page is returned."""
    plots, projections = study_plots(record), projection_plots(record)
    columns, rows = study_table(record)
    page = render_page(
        "study.html",
        "study.js",
        "report.css",
        study=record,
        answer=split_answer(record.answer),
        plots=[draw(plot) for plot in plots],
        columns=columns,
        rows=rows,
        arms=record.arms,
        galleries=_galleries(record),
        projections=[draw(plot) for plot in projections],
    )
    atomic.write_text(directory / PAGE, page)
    atomic.write_text(directory / TEXT, study_text(record))
    write_figures([*plots, *projections], directory / FIGURES)
    return directory / PAGE


def study_plots(record: StudyRecord) -> list[Plot]:
    """The arms, what each changes, and the curves of the study."""
    plots = [arms_plot(record.arms)]
    if any(arm.change_ml.value is not None for arm in record.arms):
        plots.append(changes_plot(record.arms))
    return [*plots, *(_curve_plot(curve) for curve in record.curves)]


def projection_plots(record: StudyRecord) -> list[Plot]:
    """The latents of each arm in the plane, all coloured alike."""
    return [_projection_plot(number, projection) for number, projection in enumerate(record.projections, start=1)]


def _projection_plot(number: int, projection: StudyProjection) -> Plot:
    looks, keys, _ = fifths(np.array(projection.volume_ml))
    points, held_out = np.column_stack([projection.x, projection.y]), np.array(projection.held_out)
    return Plot(
        name=f"latents_{number}",
        title=projection.arm[:1].upper() + projection.arm[1:],
        message=f"{len(looks)} scans, {held_out.sum()} of them held out.",
        x=Axis.over(projection.axes[0], projection.x),
        y=Axis.over(projection.axes[1], projection.y),
        marks=tuple(dots(points, held_out, looks)),
        keys=(*keys, HELD_KEY),
        height=300,
    )


@dataclass(frozen=True)
class _Gallery:
    """The reconstructions of an arm; the first gallery of a page has their targets."""

    title: str
    pictures: list[tuple[str, str]]


def _galleries(record: StudyRecord) -> list[_Gallery]:
    scans = record.reconstructions
    if not scans:
        return []
    targets = _Gallery("target", [(scan.scan_id, scan.target) for scan in scans])
    arms = scans[0].reconstructions
    return [targets, *(_Gallery(arm, [(scan.scan_id, scan.reconstructions[arm]) for scan in scans]) for arm in arms)]


def split_answer(answer: str) -> tuple[str, str]:
    """The first sentence, and what follows it."""
    first, stop, rest = answer.partition(". ")
    return (f"{first}.", rest) if stop else (answer, "")


def screen_table(record: StudyRecord) -> tuple[list[str], list[list[str]]]:
    """The columns of `study_table` that a terminal has room for."""
    columns, rows = study_table(record)
    kept = [n for n, column in enumerate(columns) if column in ON_SCREEN]
    return [columns[n] for n in kept], [[row[n] for n in kept] for row in rows]


def study_table(record: StudyRecord) -> tuple[list[str], list[list[str]]]:
    """Headings and cells; columns that no arm fills are left out."""
    everything = {heading: [cell(arm) for arm in record.arms] for heading, cell in _COLUMNS.items()}
    kept = {heading: cells for heading, cells in everything.items() if any(cell != UNDEFINED for cell in cells)}
    return list(kept), [list(cells) for cells in zip(*kept.values(), strict=True)]


def study_text(record: StudyRecord) -> str:
    """As markdown."""
    columns, rows = study_table(record)
    lines = [record.answer, "", f"## {record.question}", "", markdown_row(columns)]
    lines += [markdown_row(["---", *["---:"] * (len(columns) - 1)]), *map(markdown_row, rows), ""]
    lines += [f"- {note}" for note in record.notes]
    return "\n".join(lines) + "\n"


def markdown_row(cells: list[str]) -> str:
    """A row of a table."""
    return f"| {' | '.join(cells)} |"


def _curve_plot(curve: StudyCurve) -> Plot:
    xs = [x for line in curve.lines.values() for x in line[0]]
    ys = [y for line in curve.lines.values() for y in line[1]]
    marks = tuple(Line(x, y, look) for look, (x, y) in curve.lines.items())
    x, y = Axis.over(curve.x_label, xs), Axis.over(curve.y_label, ys, from_zero=True)
    return Plot(curve.name, curve.title, curve.message, x, y, marks)


def _signed(figure: Figure, digits: int = 2) -> str:
    return UNDEFINED if figure.value is None else minus(f"{figure.value:+.{digits}f}")


def _number(number: float | None, digits: int = 2) -> str:
    return UNDEFINED if number is None else minus(f"{number:.{digits}f}")


def _p(p: float | None) -> str:
    return UNDEFINED if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"


def _of(arm: ArmSummary, cell: Callable[[ReconstructionSummary], str]) -> str:
    return UNDEFINED if arm.reconstruction is None else cell(arm.reconstruction)


def _time(seconds: float | None) -> str:
    if seconds is None:
        return UNDEFINED
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def _size(of_bytes: float | None) -> str:
    if of_bytes is None:
        return UNDEFINED
    return f"{of_bytes / 1e6:.0f} MB" if of_bytes < 1e9 else f"{of_bytes / 1e9:.1f} GB"


_COLUMNS = {
    "Arm": lambda arm: arm.name,
    "MAE, mL": lambda arm: value(arm.mae_ml, 2),
    "95% interval": lambda arm: interval(arm.mae_ml, 2),
    "SD of seeds, mL": lambda arm: _number(arm.seed_sd_ml),
    "Change, mL": lambda arm: _signed(arm.change_ml),
    "95% interval of it": lambda arm: interval(arm.change_ml, 2),
    "p (Holm)": lambda arm: _p(arm.p),
    "Training MAE, mL": lambda arm: _number(arm.train_mae_ml),
    "Gap, mL": lambda arm: _number(arm.gap_ml),
    "Training loss": lambda arm: _of(arm, lambda r: _number(r.train_loss, 3)),
    "Held-out loss": lambda arm: _of(arm, lambda r: value(r.held_out_loss, 3)),
    "Change of the loss": lambda arm: _of(arm, lambda r: _signed(r.change, 3)),
    "95% interval of that": lambda arm: _of(arm, lambda r: interval(r.change, 3)),
    "p of the loss (Holm)": lambda arm: _of(arm, lambda r: _p(r.p)),
    "Individual variation": lambda arm: _of(arm, lambda r: _number(r.individual_variation)),
    "Probe R²": lambda arm: _of(arm, lambda r: _number(r.probe_r2)),
    "Probe Spearman": lambda arm: _of(arm, lambda r: _number(r.probe_rho)),
    "Noise scale, scans": lambda arm: _number(arm.noise_scale, 0),
    "Steps of a training": lambda arm: _number(arm.steps, 0),
    "Time of a training": lambda arm: _time(arm.seconds),
    "Memory of a step": lambda arm: _size(arm.memory_bytes),
    "Failed": lambda arm: str(len(arm.failures)) if arm.failures else UNDEFINED,
}
