from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volest.datasets.dates import DateOrder, date_order, read_date
from volest.errors import ManifestError

ISO, GERMAN, US = DateOrder
EVE = date(2025, 12, 31)


@pytest.mark.parametrize("text", ["2025-12-31", "20251231", "2025_12_31", "2025-12-31T10:30:00", "2025/12/31 9:05"])
def test_a_year_that_comes_first_is_iso(text):
    assert all(read_date(text, order) == EVE for order in (None, *DateOrder))


@given(st.dates(min_value=date(1900, 1, 1)))
def test_every_day_is_read_back_in_its_order(day):
    assert read_date(f"{day.day}.{day.month}.{day.year}", GERMAN) == day
    assert read_date(f"{day.month:02}/{day.day:02}/{day.year}", US) == day


@pytest.mark.parametrize("text", ["31.12.25", "31-Dec-2025", "2025-13-01", "45000", "30.02.2025", "2025121", "-"])
def test_what_is_no_day_is_none(text):
    assert all(read_date(text, order) is None for order in DateOrder)


@pytest.mark.parametrize(
    "texts, order",
    [
        (["31.12.2025"], GERMAN),
        (["03.04.2025"], GERMAN),
        (["31/12/2025", "03/04/2025"], GERMAN),
        (["12/31/2025", "03/04/2025"], US),
        (["2025-12-31"], None),
        ([], None),
    ],
)
def test_the_column_tells_its_order(texts, order):
    assert date_order(texts, "dates") is order


def test_a_day_that_can_be_two_is_asked_back():
    with pytest.raises(ManifestError, match=r"'03/04/2025' can be two days\. Say --dates german .* --dates us"):
        date_order(["03/04/2025"], "dates")
    assert date_order(["03/04/2025"], "dates", US) is US


def test_orders_that_contradict_each_other_are_refused():
    with pytest.raises(ManifestError, match=r"'31/12/2025' has the day first and '12/31/2025' the month"):
        date_order(["12/31/2025", "31/12/2025"], "dates")
