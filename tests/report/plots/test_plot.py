import math

import pytest

from volest.report.plots.plot import Axis


def test_ticks_are_round_and_inside():
    axis = Axis.over("volume (mL)", [24.5, 152.1])
    places = [place for place, _ in axis.ticks]
    assert places == [25, 50, 75, 100, 125, 150]
    assert all(axis.low <= place <= axis.high for place in places)


@pytest.mark.parametrize("epochs", [2, 3, 4, 7, 12, 60])
def test_what_is_counted_has_ticks_at_whole_numbers_alone(epochs):
    assert all(place == int(place) for place, _ in Axis("epoch", 1.0, float(epochs), whole=True).ticks)


def test_an_axis_from_zero_begins_there():
    assert Axis.over("volume (mL)", [3.0, 9.0], from_zero=True).low == 0


@pytest.mark.parametrize("values", [[], [math.nan], [5.0], [0.0, 0.0], [-3.0, -3.0], [1e-9, 2e-9]])
def test_an_axis_has_width_whatever_it_holds(values):
    axis = Axis.over("error (mL)", values, from_zero=True)
    assert axis.high > axis.low
    assert axis.ticks


def test_rows_begin_on_top():
    axis = Axis.named(["first", "second"])
    assert axis.low > axis.high
    assert axis.ticks == ((0.0, "first"), (1.0, "second"))


def test_negative_ticks_have_a_minus_sign():
    assert ("−20") in [text for _, text in Axis("error (mL)", -25, 5).ticks]
