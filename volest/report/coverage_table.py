"""What intervals of single scans are worth, in rows and in words."""

from volest.records.evaluation import IntervalFigures
from volest.report.figure_text import interval, value, with_interval
from volest.report.plots.coverage import coverage_parts
from volest.wording import counted, first_of

MOST_MISSED = 12
"""Patients that are named."""


def coverage_rows(intervals: IntervalFigures) -> list[tuple[str, ...]]:
    """A row a part: its name, scans and patients, references held, where chance would leave them, mean width."""
    return [
        (
            name,
            f"{part.n_scans} of {part.n_patients}",
            value(part.held_percent, 0),
            interval(part.expected_percent, 0),
            with_interval(part.width_ml),
        )
        for name, part in coverage_parts(intervals)
    ]


def missed_patients(intervals: IntervalFigures) -> str:
    """Who was missed in every scan, in a sentence."""
    missed, patients = intervals.missed, intervals.overall.n_patients
    if not missed:
        return f"Of each of {counted(patients, 'patient')} at least one scan was held."
    named = first_of(missed, MOST_MISSED)
    return f"Of {len(missed)} of {counted(patients, 'patient')} no scan was held: {named}."
