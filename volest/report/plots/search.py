"""Figures of a search: all configurations at once, one key at a time, what matters, and how it went."""

import math
from collections.abc import Sequence
from itertools import accumulate

from volest.records.search import SearchedKey, SearchRecord, SearchTrial, value_text
from volest.report.plots.key_axis import key_axis, place_on_axis, short_names
from volest.report.plots.plot import Axis, Label, Line, Mark, Plot, Points
from volest.report.plots.rows import ROW_PX, named_room

LONGEST_KEY = 26
"""Characters of a key beside an axis."""

GOOD_SHARE = 0.25
"""Of the configurations that are drawn in colour."""

AXIS_PX = 50
"""Between two axes of all configurations at once."""

JITTER = 0.02
"""Of an axis, by which lines of one choice are kept apart."""

BEST_KEY = ("dot network", "the best")
JUDGED_KEY = ("dot scan", "judged to its end")
PRUNED_KEY = ("dot other", "given up early, so without an error")

ABOVE = 0.1
"""Of the range of errors, by which those that were given up are drawn above it."""


def search_plots(record: SearchRecord) -> list[Plot]:
    """All figures; none of configurations where none was judged to its end."""
    if not record.complete:
        return []
    plots = [parallel_plot(record), course_plot(record)]
    if record.importances:
        plots.append(importances_plot(record))
    return plots


def slice_plots(record: SearchRecord) -> list[Plot]:
    """A figure for each key; none where no trial was judged to its end."""
    return [slice_plot(record, key) for key in record.keys] if record.complete else []


def parallel_plot(record: SearchRecord) -> Plot:
    """Parallel coordinates, laid on their side: a row for each key, a line for each configuration."""
    complete, names = record.complete, short_names([key.name for key in record.keys])
    errors_ml = [_mae(trial) for trial in complete]
    rows = ("error (mL)", *names.values())
    low, high = min(errors_ml), max(errors_ml)
    marks: list[Mark] = []
    good = math.ceil(GOOD_SHARE * len(complete))
    for rank, trial in reversed(list(enumerate(complete))):
        x = [_share(_mae(trial), low, high), *(_place(key, trial) for key in record.keys)]
        marks.append(Line(x, [float(row) for row in range(len(rows))], _look(rank, good)))
    marks += [Label(0, 0, f"{low:.2f}"), Label(1, 0, f"{high:.2f}", "end")]
    marks += [label for row, key in enumerate(record.keys, start=1) for label in _ends(key, row)]
    best = complete[0]
    told = ", ".join(f"{names[key]} {value_text(value)}" for key, value in best.values.items())
    return Plot(
        name="configurations",
        title="All configurations",
        message=f"Each line is one of {len(complete)} configurations that were judged to their end, its error on top. "
        f"The best: {told}.",
        x=Axis("", -0.05, 1.05, places=((0.0, ""), (1.0, ""))),
        y=Axis.named(rows),
        marks=tuple(marks),
        keys=(("smooth", "the best"), ("good", "the better quarter"), ("tried", "the others")),
        width=500,
        height=50 + AXIS_PX * len(rows),
        left=named_room(rows, LONGEST_KEY),
        longest_name=LONGEST_KEY,
    )


def course_plot(record: SearchRecord) -> Plot:
    """Error in the order of the trials, and the least so far."""
    complete = sorted(record.complete, key=lambda trial: trial.number)
    numbers = [float(trial.number) for trial in complete]
    errors_ml = [_mae(trial) for trial in complete]
    best = record.complete[0]
    pruned = [trial for trial in record.trials if trial.state == "pruned"]
    y, above = _errors_axis(errors_ml, pruned)
    return Plot(
        name="course",
        title="In the order of the trials",
        message=f"The least error so far went from {errors_ml[0]:.2f} mL in the first to {_mae(best):.2f} mL in trial "
        f"{best.number}.",
        x=Axis.over("trial", [0.0, *(float(trial.number) for trial in record.trials)]),
        y=y,
        marks=(
            Line(numbers, list(accumulate(errors_ml, min)), "smooth"),
            Points([float(trial.number) for trial in pruned], [above] * len(pruned), "other"),
            Points(numbers, errors_ml),
            Points((float(best.number),), (_mae(best),), "network"),
        ),
        keys=(("smooth", "least so far"), BEST_KEY, JUDGED_KEY, *([PRUNED_KEY] if pruned else [])),
    )


def importances_plot(record: SearchRecord) -> Plot:
    """Share of each key in the variance of the error."""
    names = short_names([key.name for key in record.keys])
    ranked = sorted(record.importances.items(), key=lambda item: -item[1])
    percent = [100 * share for _, share in ranked]
    rows = [names.get(key, key) for key, _ in ranked]
    marks: list[Mark] = [Line((0, value), (row, row), "smooth") for row, value in enumerate(percent)]
    return Plot(
        name="importances",
        title="What matters",
        message="Share of each key in the variance of the error over the space, by functional ANOVA of "
        f"{len(record.complete)} trials. Most: {rows[0]}, {percent[0]:.0f}%.",
        x=Axis.over("share of the variance (%)", [0.0, *percent], from_zero=True),
        y=Axis.named(rows),
        marks=(*marks, Points(percent, [float(row) for row in range(len(rows))], "network")),
        height=70 + ROW_PX * len(rows),
        left=named_room(rows, LONGEST_KEY),
        longest_name=LONGEST_KEY,
    )


def slice_plot(record: SearchRecord, key: SearchedKey) -> Plot:
    """Error against one key, whatever the others were."""
    complete, best = record.complete, record.complete[0]
    known = [trial for trial in complete if key.name in trial.values]
    pruned = [trial for trial in record.trials if trial.state == "pruned" and key.name in trial.values]
    y, above = _errors_axis([_mae(trial) for trial in known], pruned)
    told = value_text(best.values[key.name])
    return Plot(
        name=f"slice_{key.name.replace('.', '_')}",
        title=key.name,
        message=f"Error against {key.name}, whatever the other keys were; the best has {told}.",
        x=key_axis(key),
        y=y,
        marks=(
            Points([place_on_axis(key, trial.values[key.name]) for trial in pruned], [above] * len(pruned), "other"),
            Points([place_on_axis(key, t.values[key.name]) for t in known], [_mae(trial) for trial in known]),
            Points((place_on_axis(key, best.values[key.name]),), (_mae(best),), "network"),
        ),
        keys=(BEST_KEY, JUDGED_KEY, *([PRUNED_KEY] if pruned else [])),
        height=300,
    )


def _errors_axis(errors_ml: Sequence[float], pruned: Sequence[SearchTrial]) -> tuple[Axis, float]:
    """The axis of errors, and the height above them at which those that were given up are drawn."""
    low, high = min(errors_ml), max(errors_ml)
    above = high + ABOVE * ((high - low) or 1.0)
    return Axis.over("mean absolute error (mL)", [*errors_ml, *([above] if pruned else [])]), above


def _place(key: SearchedKey, trial: SearchTrial) -> float:
    """From 0 to 1 along the axis of the key."""
    if key.name not in trial.values:
        return math.nan
    at = place_on_axis(key, trial.values[key.name])
    if key.kind == "choice":
        apart = JITTER * ((trial.number % 5) - 2) / 2
        return _share(at, 0.0, len(key.choices) - 1.0) + apart
    return _share(at, place_on_axis(key, key.low), place_on_axis(key, key.high))


def _ends(key: SearchedKey, row: int) -> list[Label]:
    if key.kind != "choice":
        return [Label(0, row, value_text(key.low)), Label(1, row, value_text(key.high), "end")]
    last = len(key.choices) - 1
    anchors = {0: "start", last: "end"}
    return [Label(n / last, row, choice, anchors.get(n, "middle")) for n, choice in enumerate(key.choices)]


def _share(value: float, low: float, high: float) -> float:
    return (value - low) / (high - low) if high > low else 0.5


def _look(rank: int, good: int) -> str:
    return "smooth" if rank == 0 else "good" if rank < good else "tried"


def _mae(trial: SearchTrial) -> float:
    return trial.mae_ml.value if trial.mae_ml.value is not None else math.nan
