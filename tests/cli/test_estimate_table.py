import pytest

from volest.cli.estimate_table import _cells
from volest.records.estimates import Estimate, Interval

INTERVAL = Interval(0.9, 25.0, 40.0)


@pytest.mark.parametrize(
    ("is_cut", "interval", "expected"),
    [
        (False, INTERVAL, ("31.3", "25.0 to 40.0")),
        (False, None, ("31.3", "none")),
        (True, INTERVAL, ("at least 25.0", "at least 25.0")),
        (True, None, ("at least 31.3", "none")),
    ],
)
def test_of_a_structure_that_is_cut_off_a_lower_bound_is_said_and_no_number(is_cut, interval, expected):
    assert _cells(Estimate(31.3, (31.3,), (), interval, is_cut=is_cut), is_told=False)[:2] == expected
