from volest.records.evaluation import Figure
from volest.report.figure_text import interval, minus, value, with_interval


def test_a_figure_is_told_with_its_interval():
    assert with_interval(Figure(-2.46, -7.0, 1.9), 1, " mL") == "−2.5 mL (−7.0 to 1.9)"


def test_what_the_data_do_not_define_is_a_dash():
    nothing = Figure(None, None, None)
    assert (value(nothing), interval(nothing), with_interval(nothing)) == ("–", "–", "–")


def test_zero_has_no_sign():
    assert minus("-0.0") == "0.0"
    assert minus("-0.1") == "−0.1"
