"""Do intervals hold as many references as they say, part by part?"""

from volest.records.evaluation import Coverage, IntervalFigures
from volest.report.figure_text import value
from volest.report.plots.drawing import shortened
from volest.report.plots.plot import Axis, Line, Mark, Plot, Points, Whisker


def coverage_plot(intervals: IntervalFigures) -> Plot:
    """References held by the intervals of all scans and of each part, beside where chance would leave them."""
    rows = coverage_parts(intervals)
    names = [name for name, _ in rows]
    level = 100 * intervals.level
    marks: list[Mark] = [Line((level, level), (-0.5, len(rows) - 0.5), "limit")]
    edges = [level, 100.0]
    for place, (_, part) in enumerate(rows):
        held, expected = part.held_percent, part.expected_percent
        if expected.low is not None and expected.high is not None:
            marks.append(Whisker(expected.low, expected.high, float(place), "other"))
            edges.append(expected.low)
        if held.value is not None:
            marks.append(Points((held.value,), (float(place),), "network"))
            edges.append(held.value)
    overall = intervals.overall
    return Plot(
        name="interval_coverage",
        title="References held by their intervals",
        message=f"Of {overall.n_scans} scans {value(overall.held_percent, 1, '%')} lie in their intervals of "
        f"{level:g}%; a dot outside its range is more than chance.",
        x=Axis.over("references held (%)", edges),
        y=Axis.named(names),
        marks=tuple(marks),
        keys=(("limit", "what they say"), ("other", "range of chance")),
        height=70 + 30 * len(rows),
        left=20 + round(6.6 * max(len(shortened(name)) for name in names)),
    )


def coverage_parts(intervals: IntervalFigures) -> list[tuple[str, Coverage]]:
    """All scans, then each part, by name."""
    parts = [
        (part.label if column == "volume_ml" else f"{column} {part.label}", part)
        for column, bands in intervals.bands.items()
        for part in bands
    ]
    return [("all", intervals.overall), *parts]
