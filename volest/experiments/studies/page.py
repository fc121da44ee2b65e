"""What a study leaves behind: a row per trial in `results.csv`, and `study.md`, whose first sentence is the answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from volest.evaluation.metrics import agreement
from volest.experiments.studies.trial import Result
from volest.records import atomic

RESULTS = "results.csv"
PAGE = "study.md"


@dataclass(frozen=True)
class StudyPage:
    """A study in words.

    Attributes:
        answer: one sentence or two.
        columns: of the table.
        rows: cells as they are shown.
        notes: how it was done, and what to be wary of.
    """

    title: str
    answer: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str]


def write_results(results: Iterable[Result], path: Path) -> None:
    """Labels and agreement of each trial, a row each."""
    rows: list[Mapping[str, object]] = []
    for result in results:
        figures = agreement(result.held_out)
        rows.append(
            {
                **result.labels,
                "mae_ml": figures.mae_ml,
                "mape_percent": figures.mape_percent,
                "rmse_ml": figures.rmse_ml,
                "r2": figures.r2,
                "held_out_scans": figures.n_scans,
                "held_out_patients": figures.n_patients,
            }
        )
    with atomic.replacing(path) as temporary:
        pd.DataFrame(rows).to_csv(temporary, index=False, float_format="%.6g")


def write_page(page: StudyPage, path: Path) -> None:
    """As markdown."""
    lines = [page.answer, "", f"## {page.title}", "", _row(page.columns), _row(["---:"] * len(page.columns))]
    lines += [*map(_row, page.rows), "", *(f"- {note}" for note in page.notes)]
    atomic.write_text(path, "\n".join(lines) + "\n")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
