"""`tune.html` and `tune.md`: a search on one page, its answer first."""

from collections import defaultdict
from pathlib import Path

from volest.records import atomic
from volest.records.proxy import ProxyValidation
from volest.records.search import SearchRecord, SearchTrial, Value, value_text
from volest.report.figure_text import UNDEFINED, interval, value
from volest.report.page import render_page
from volest.report.plots.drawing import draw
from volest.report.plots.key_axis import short_names
from volest.report.plots.paper import write_figures
from volest.report.plots.proxy import proxy_plot
from volest.report.plots.search import search_plots, slice_plots
from volest.report.proxy_table import proxy_figures, proxy_table
from volest.report.study_page import markdown_row, split_answer

PAGE, TEXT, FIGURES = "tune.html", "tune.md", "figures"

NUMBERS = frozenset({"Trial", "MAE, mL", "95% interval", "SD of folds, mL", "Time", "Attempts"})
"""Headings over numbers; the keys' own columns hold whatever they hold."""


def write_search_page(record: SearchRecord, directory: Path, proxy: ProxyValidation | None = None) -> Path:
    """Write the page, the same as text, and its figures as SVG; the page is returned.

    Args:
        record: of the search.
        directory: where to.
        proxy: whether its proxy ranks, where that was measured.
    """
    plots, slices = search_plots(record), slice_plots(record)
    beside = [proxy_plot(proxy)] if proxy else []
    columns, rows = search_table(record)
    page = render_page(
        "search.html",
        "study.js",
        "report.css",
        search=record,
        answer=split_answer(_answer(record, proxy)),
        plots=[draw(plot) for plot in plots],
        slices=[draw(plot) for plot in slices],
        columns=columns,
        rows=rows,
        numbers=NUMBERS,
        counts=_counts(record),
        failures=failures(record),
        proxy=proxy,
        proxy_plots=[draw(plot) for plot in beside],
        proxy_table=proxy_table(proxy) if proxy else None,
        proxy_figures=proxy_figures(proxy) if proxy else {},
    )
    atomic.write_text(directory / PAGE, page)
    atomic.write_text(directory / TEXT, search_text(record, proxy))
    write_figures([*plots, *slices, *beside], directory / FIGURES)
    return directory / PAGE


def search_table(record: SearchRecord, most: int | None = None) -> tuple[list[str], list[list[str]]]:
    """Headings and cells: the best first, then those given up, then the rest; no more than `most` rows."""
    ranks = {"complete": 0, "pruned": 1, "failed": 2}
    ranked = sorted(record.trials, key=lambda trial: (ranks.get(trial.state, 3), _error(trial), trial.number))
    names = short_names([key.name for key in record.keys])
    columns = ["Trial", "State", "MAE, mL", "95% interval", "SD of folds, mL", *names.values(), "Time", "Attempts"]
    return columns, [_cells(trial, list(names)) for trial in ranked[:most]]


def search_text(record: SearchRecord, proxy: ProxyValidation | None = None) -> str:
    """As markdown."""
    columns, rows = search_table(record)
    lines = [
        _answer(record, proxy),
        "",
        markdown_row(columns),
        markdown_row(["---"] * len(columns)),
        *map(markdown_row, rows),
    ]
    lines += ["", *(f"- {note}" for note in record.notes)]
    lines += [f"- failed, {_trials(numbers)}: {reason}" for reason, numbers in failures(record).items()]
    return "\n".join(lines) + "\n" + (_proxy_text(proxy) if proxy else "")


def _answer(record: SearchRecord, proxy: ProxyValidation | None) -> str:
    """Whether the proxy can be relied on goes before what it says."""
    return f"{proxy.verdict} {record.answer}" if proxy else record.answer


def _proxy_text(proxy: ProxyValidation) -> str:
    """The proxy beside full training, as markdown."""
    columns, rows = proxy_table(proxy)
    told = [f"- {name}: {figure}" for name, figure in proxy_figures(proxy).items()]
    lines = ["", "## The proxy beside full training", "", *told, "", markdown_row(columns)]
    return "\n".join([*lines, markdown_row(["---"] * len(columns)), *map(markdown_row, rows)]) + "\n"


def failures(record: SearchRecord) -> dict[str, list[int]]:
    """Numbers of the failed trials by reason, the commonest first."""
    found: dict[str, list[int]] = defaultdict(list)
    for trial in record.trials:
        if trial.state == "failed":
            found[trial.reason].append(trial.number)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def _counts(record: SearchRecord) -> str:
    """`14 judged, 3 given up, 1 failed`."""
    words = {"complete": "judged", "pruned": "given up", "failed": "failed", "running": "running", "waiting": "waiting"}
    counted = {word: sum(trial.state == state for trial in record.trials) for state, word in words.items()}
    return ", ".join(f"{count} {word}" for word, count in counted.items() if count) or "none"


def _error(trial: SearchTrial) -> float:
    return trial.mae_ml.value or trial.last_mae_ml or 0.0


def _cells(trial: SearchTrial, keys: list[str]) -> list[str]:
    state: str = trial.state
    if state == "pruned":  # an error of other scans than those of the whole: not in the column of errors
        state = f"pruned at {trial.share_percent}%, {_number(trial.last_mae_ml)} mL"
    return [
        str(trial.number),
        state,
        value(trial.mae_ml, 2),
        interval(trial.mae_ml, 2),
        _number(trial.fold_sd_ml),
        *(_text(trial.values.get(key)) for key in keys),
        UNDEFINED if trial.seconds is None else f"{trial.seconds:.0f} s",
        str(trial.attempts),
    ]


def _number(number: float | None) -> str:
    return UNDEFINED if number is None else f"{number:.2f}"


def _text(found: Value | None) -> str:
    return UNDEFINED if found is None else value_text(found)


def _trials(numbers: list[int]) -> str:
    return f"trial{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"
