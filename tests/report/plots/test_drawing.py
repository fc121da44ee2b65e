import json
import math

from volest.report.plots.drawing import draw, shortened
from volest.report.plots.plot import Axis, Line, Plot, Points, Strip, Whisker


def _plot(*marks, **options):
    axis = Axis("x", 0, 10)
    return Plot("name", "Title", "Message.", axis, Axis("y", 0, 10), marks, **options)


def test_corners_of_the_axes_are_corners_of_the_box():
    drawing = draw(_plot(Points((0, 10), (0, 10))))
    left, top, right, bottom = drawing.box
    assert [(dot.x, dot.y) for dot in drawing.dots] == [(left, bottom), (right, top)]


def test_a_curve_breaks_where_a_value_is_missing():
    (shape,) = draw(_plot(Line((0, 1, 2, 3), (1.0, math.nan, 2.0, 3.0), "smooth"))).shapes
    assert shape.path.count("M") == 2
    assert shape.path.count("L") == 1


def test_dots_that_are_no_numbers_are_left_out():
    drawing = draw(_plot(Points((1, 2), (math.nan, 2.0), "scan", (7, 8))))
    assert [dot.scan for dot in drawing.dots] == [8]


def test_a_strip_of_no_height_can_still_be_seen():
    ((_, height, _),) = draw(_plot(Strip(5, 5))).strips
    assert height > 0


def test_a_whisker_is_as_long_as_its_interval():
    drawing = draw(_plot(Whisker(0, 10, 5)))
    left, _, right, _ = drawing.box
    assert f"M{left:g}" in drawing.shapes[0].path
    assert f"H{right:g}" in drawing.shapes[0].path


def test_only_named_curves_and_scans_can_be_pointed_at():
    assert not draw(_plot(Points((1,), (1,)), Line((0, 1), (0, 1), "identity"))).hovers
    assert draw(_plot(Points((1,), (1,), "scan", (0,)))).hovers
    drawing = draw(_plot(Line((0, 1), (3.0, math.nan), "training", "training")))
    assert drawing.hovers
    assert json.loads(drawing.curves)["series"] == [{"name": "training", "values": [3.0, None]}]


def test_long_names_are_shortened_and_short_ones_kept():
    assert shortened("P005") == "P005"
    assert len(shortened("x" * 90)) == 20
