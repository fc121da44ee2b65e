from volest.records.evaluation import Coverage, Figure, IntervalFigures
from volest.report.coverage_table import coverage_rows, missed_patients
from volest.report.plots.coverage import coverage_plot
from volest.report.plots.drawing import draw
from volest.report.plots.plot import Points, Whisker


def part(label, held):
    return Coverage(label, 30, 10, Figure(held, None, None), Figure(90, 77, 98), Figure(42.0, 38.0, 47.0))


INTERVALS = IntervalFigures(
    0.9, part("all", 88.0), ("p3", "<p4>"), {"volume_ml": (part("20 to 40 mL", 60.0),), "device": (part("A", 95.0),)}
)


def test_every_part_has_its_dot_and_the_range_of_chance():
    plot = coverage_plot(INTERVALS)
    assert plot.y.rows == ("all", "20 to 40 mL", "device A")
    assert [mark.x[0] for mark in plot.marks if isinstance(mark, Points)] == [88, 60, 95]
    assert {(mark.low, mark.high) for mark in plot.marks if isinstance(mark, Whisker)} == {(77, 98)}
    assert len(draw(plot).dots) == 3


def test_rows_say_what_the_figure_shows():
    assert coverage_rows(INTERVALS)[1] == ("20 to 40 mL", "30 of 10", "60", "77 to 98", "42.0 (38.0 to 47.0)")


def test_missed_patients_are_named():
    assert missed_patients(INTERVALS) == "Of 2 of 10 patients no scan was held: p3, <p4>."
    assert "at least one scan was held" in missed_patients(IntervalFigures(0.9, part("all", 88.0), ()))
