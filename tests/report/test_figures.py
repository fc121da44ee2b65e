import pytest
from hypothesis import given
from hypothesis import strategies as st

from volest.report.figures import by_axis, millilitres, round_length_mm


@pytest.mark.parametrize(
    "volume_ml, text",
    [(0.0, "0.0"), (0.00123, "0.00123"), (24.54, "24.5"), (439.7, "439.7"), (2097.152, "2,097"), (2.1e9, "2.10e+09")],
)
def test_millilitres_keep_the_figures_that_matter(volume_ml, text):
    assert millilitres(volume_ml) == text


def test_lengths_have_three_figures_and_counts_all():
    assert by_axis((0.61234, 0.6, 12.0)) == "0.612\u2009×\u20090.6\u2009×\u200912"
    assert by_axis((47, 1024, 12345)) == "47\u2009×\u20091024\u2009×\u200912345"


@pytest.mark.parametrize("extent_mm, bar_mm", [(40, 10), (50, 20), (94, 20), (124, 20), (125, 50), (5, 2)])
def test_the_bar_is_the_longest_round_length_that_fits(extent_mm, bar_mm):
    assert round_length_mm(extent_mm) == pytest.approx(bar_mm)


@given(st.floats(1e-6, 1e9))
def test_the_bar_spans_between_a_sixth_and_two_fifths(extent_mm):
    assert 0.15 < round_length_mm(extent_mm) / extent_mm <= 0.4 + 1e-6
