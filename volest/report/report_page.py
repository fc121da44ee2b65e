"""`report.html`: a run on one page, the answer first."""

import json
from collections.abc import Sequence
from pathlib import Path

from volest.config.diagnosis import DiagnosisConfig
from volest.evaluation.evaluation import ALONE, GROWN
from volest.progress import Progress
from volest.records import atomic
from volest.records.findings import Severity
from volest.report.agreement_table import agreement_rows, band_rows, comparison_rows
from volest.report.answer import answer
from volest.report.coverage_table import coverage_rows, missed_patients
from volest.report.data_summary import data_rows
from volest.report.judged_scan import JudgedScan, worst_first
from volest.report.markdown_table import read_markdown_table
from volest.report.model_card import model_card
from volest.report.page import render_page
from volest.report.paper_text import paragraphs
from volest.report.plots.agreement import bland_altman_plot, calibration_plot, scatter_plot
from volest.report.plots.coverage import coverage_plot
from volest.report.plots.drawing import draw
from volest.report.plots.learning import learning_plots
from volest.report.plots.paper import write_figures
from volest.report.plots.plot import Plot
from volest.report.plots.refusal import risk_coverage_plot
from volest.report.plots.rows import BASELINES, bands_plot, baselines_plot, folds_plot, patients_plot
from volest.report.reading import ReportedRun, read_reported_run, volumes_by_part
from volest.report.refusal_section import refusal_section
from volest.report.settings import changed_settings, whole_configuration

PAGE, FIGURES = "report.html", "figures"

FOLLOW_UPS = {ALONE: "networks, told nothing", GROWN: "earlier volume, no scan seen"}

GALLERY = 12
"""Worst scans that are shown large."""


def write_report(path: Path, with_pictures: bool = True, progress: Progress | None = None) -> Path:
    """Write `report.html` and `figures/*.svg` into the directory of a run.

    Args:
        path: of the run.
        with_pictures: show the scans, where their files can be read.
        progress: told of each scan.

    Returns:
        The page.

    Raises:
        RunError: `path` is no directory of a run at all.
    """
    run = read_reported_run(path, with_pictures, progress)
    plots = report_plots(run)
    atomic.write_text(path / PAGE, report_html(run, plots))
    write_figures(plots.values(), path / FIGURES)
    return path / PAGE


def report_plots(run: ReportedRun) -> dict[str, Plot]:
    """Every figure for which there are records, by name."""
    summary = run.evaluation.overall if run.evaluation else None
    plots: list[Plot] = []
    if run.scans:
        plots += [
            scatter_plot(run.scans, summary),
            bland_altman_plot(run.scans, summary),
            calibration_plot(run.scans, summary),
        ]
        plots.append(patients_plot(run.scans))
    if run.evaluation and run.evaluation.bands.get("volume_ml"):
        plots.append(bands_plot(run.evaluation.bands["volume_ml"]))
    if run.evaluation and run.evaluation.intervals:
        plots.append(coverage_plot(run.evaluation.intervals))
    if run.refusal and (errors_ml := [scan.error_ml for scan in run.scans if scan.scan_id in run.refusal.scores]):
        plots.append(risk_coverage_plot(run.refusal, errors_ml))
    if summary and run.baselines:
        plots.append(baselines_plot(summary, run.baselines))
    if volumes_ml := volumes_by_part(run.records):
        plots.append(folds_plot(volumes_ml))
    config = run.records.config
    plots += learning_plots(run.records.histories, (config.diagnosis if config else DiagnosisConfig()).turned_percent)
    return {plot.name: plot for plot in plots}


def report_html(run: ReportedRun, plots: dict[str, Plot]) -> str:
    """The page."""
    evaluation, config = run.evaluation, run.records.config
    intervals = evaluation.intervals if evaluation else None
    curves = [plot for name, plot in plots.items() if name.startswith("learning_curve")]
    bands = {name: band_rows(rows) for name, rows in evaluation.bands.items()} if evaluation else {}
    return render_page(
        "report.html",
        "report.js",
        "report.css",
        run=run,
        answer=answer(run.diagnosis, evaluation, run.folds_left),
        notes=[f for f in run.diagnosis.findings if f.severity is Severity.NOTE],
        drawings={name: draw(plot) for name, plot in plots.items()},
        curves=[draw(plot) for plot in curves],
        legend=max(curves, key=lambda plot: len(plot.keys), default=None),
        agreement=agreement_rows(evaluation.overall) if evaluation else [],
        bands=bands,
        coverage=coverage_rows(intervals) if intervals else [],
        missed=missed_patients(intervals) if intervals else "",
        refusal=refusal_section(run),
        baselines=comparison_rows(run.baselines, dict(BASELINES)),
        comparisons=comparison_rows(evaluation.comparisons, {}) if evaluation else [],
        follow_ups=comparison_rows(evaluation.follow_ups, FOLLOW_UPS) if evaluation else [],
        worst=worst_first(run.scans)[:GALLERY],
        everything=worst_first(run.scans),
        hover=_hover(run.scans),
        data=data_rows(run.records),
        proof=read_markdown_table(run.proof),
        changed=changed_settings(config) if config else [],
        yaml=whole_configuration(config) if config else "",
        paper=paragraphs(run),
        card=model_card(run),
    )


def _hover(scans: Sequence[JudgedScan]) -> str:
    """JSON that stands in the page as data; `<` is written so that no id can end the element that holds it."""
    rows = [
        {
            "scan": s.scan_id,
            "patient": s.patient_id,
            "fold": s.fold,
            "predicted": f"{s.predicted_ml:.1f}",
            "reference": f"{s.reference_ml:.1f}",
            "error": f"{s.error_ml:+.1f} mL ({s.error_percent:+.0f}%)".replace("-", "\u2212"),
            "views": [[t.source, t.width_px, t.height_px, t.name] for t in s.thumbnails],
        }
        for s in scans
    ]
    return json.dumps(rows, ensure_ascii=False).replace("<", "\\u003c").replace("\u2028", " ").replace("\u2029", " ")
