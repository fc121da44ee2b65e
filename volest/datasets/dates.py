"""Days as people and spreadsheets write them."""

import re
from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from volest.errors import ManifestError


class DateOrder(StrEnum):
    """How a day is written: 2025-12-31, 31.12.2025, or 12/31/2025."""

    ISO = "iso"
    GERMAN = "german"
    US = "us"


YEAR_FIRST = r"\d{8}|\d{4}[-._/]\d{1,2}[-._/]\d{1,2}"
YEAR_LAST = r"\d{1,2}[-._/]\d{1,2}[-._/]\d{4}"

_TIME = r"(?:[T ]\s*\d{1,2}:\d\d.*)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})([-._/]?)(\d{{1,2}})\2(\d{{1,2}}){_TIME}")
_YEAR_LAST = re.compile(rf"(\d{{1,2}})([-._/])(\d{{1,2}})\2(\d{{4}}){_TIME}")


def read_date(text: str, order: DateOrder | None) -> date | None:
    """The day that `text` is; None where it is none, or none in this order.

    Args:
        text: the year first is ISO whatever the order; a time behind the day is left out.
        order: of days whose year comes last.
    """
    if first := _YEAR_FIRST.fullmatch(text):
        if not first[2] and len(first[3] + first[4]) != 4:
            return None
        return _day(first[1], first[3], first[4])
    last = _YEAR_LAST.fullmatch(text)
    if last and order is DateOrder.GERMAN:
        return _day(last[4], last[3], last[1])
    if last and order is DateOrder.US:
        return _day(last[4], last[1], last[3])
    return None


def date_order(texts: Sequence[str], where: str, given: DateOrder | None = None) -> DateOrder | None:
    """Find the order of every day of a column.

    Points tell of the German order, a number above 12 of the place of the day; 03/04/2025 tells nothing. One cell that
    tells decides for its column.

    Returns:
        None where no year comes last.

    Raises:
        ManifestError: cells that contradict each other, or none that tells.
    """
    if given is not None:
        return given
    told: dict[DateOrder, str] = {}
    unclear: list[str] = []
    last = [text for text in texts if _YEAR_LAST.fullmatch(text)]
    for text in last:
        orders = [order for order in (DateOrder.GERMAN, DateOrder.US) if read_date(text, order)]
        if len(orders) == 2 and "." in text:
            orders = [DateOrder.GERMAN]
        if len(orders) == 1:
            told.setdefault(orders[0], text)
        elif read_date(text, DateOrder.GERMAN) != read_date(text, DateOrder.US):
            unclear.append(text)
    if len(told) > 1:
        raise ManifestError(
            f"{where}: {told[DateOrder.GERMAN]!r} has the day first and {told[DateOrder.US]!r} the month. "
            "Write all dates alike, best as YYYY-MM-DD."
        )
    if told:
        return next(iter(told))
    if unclear:
        raise ManifestError(
            f"{where}: {unclear[0]!r} can be two days. Say --dates german (day first) or --dates us (month first), or "
            "write dates as YYYY-MM-DD (--dates iso)."
        )
    return DateOrder.GERMAN if last else None


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
