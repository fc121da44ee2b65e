import pytest
from hypothesis import given
from hypothesis import strategies as st

from volest.datasets.numerals import DecimalSign, decimal_sign, read_numeral
from volest.errors import ManifestError

POINT, COMMA = DecimalSign


@pytest.mark.parametrize(
    "text, as_point, as_comma",
    [
        ("12", 12, 12),
        ("12.5", 12.5, None),
        ("12,5", None, 12.5),
        ("1.234,5", None, 1234.5),
        ("1,234.5", 1234.5, None),
        ("1 234,5", None, 1234.5),
        ("1'234.5", 1234.5, None),
        ("1.234.567", None, 1234567),
        ("1,234", 1234, 1.234),
        ("0,234", None, 0.234),
        ("1234,567", None, 1234.567),
        (".5", 0.5, None),
        ("-3.5e2", -350, None),
        ("12 mL", None, None),
        ("1e999", None, None),
        ("nan", None, None),
        ("", None, None),
        ("1,23,456", None, None),
    ],
)
def test_a_numeral_is_what_its_sign_makes_of_it(text, as_point, as_comma):
    assert (read_numeral(text, POINT), read_numeral(text, COMMA)) == (as_point, as_comma)


@given(st.floats(0.001, 1e6))
def test_both_signs_write_the_same_number(number):
    text = f"{number:.6f}"
    assert read_numeral(text.replace(".", ","), COMMA) == read_numeral(text, POINT) == float(text)


def test_one_cell_that_shows_its_sign_decides_for_the_column():
    assert decimal_sign(["1,234", "7", "12,5"], "volumes") is COMMA
    assert decimal_sign(["1,234", "7", "12.5"], "volumes") is POINT
    assert decimal_sign(["7", "12"], "volumes") is None


@pytest.mark.parametrize("texts, usual", [(["1,234"], False), (["1,234"], True), (["1.234"], False)])
def test_thousand_or_thousandths_is_asked_back(texts, usual):
    with pytest.raises(ManifestError, match=r"volumes: '1[.,]234' can be 1.* --decimal point or --decimal comma"):
        decimal_sign(texts, "volumes", point_is_usual=usual)


def test_a_point_is_decimal_where_points_are_usual_or_asked_for():
    assert decimal_sign(["62.056"], "volumes", point_is_usual=True) is POINT
    assert decimal_sign(["62.056"], "volumes", POINT) is POINT


def test_cells_that_contradict_each_other_are_refused():
    with pytest.raises(ManifestError, match=r"'12\.5' is written with a decimal point and '12,5'"):
        decimal_sign(["12.5", "12,5"], "volumes")
