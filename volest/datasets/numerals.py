"""Numbers as people and spreadsheets write them: 12.5 or 12,5, with or without a sign between the thousands."""

import math
import re
from collections.abc import Sequence
from enum import StrEnum

from volest.errors import ManifestError


class DecimalSign(StrEnum):
    """What stands before the fraction."""

    POINT = "point"
    COMMA = "comma"


def _form(decimal: str, grouping: str) -> re.Pattern[str]:
    grouped = rf"[1-9]\d{{0,2}}([{grouping} '’])\d{{3}}(?:\1\d{{3}})*"
    return re.compile(rf"[+-]?(?:{grouped}|\d+|(?={decimal}\d))(?:{decimal}\d+)?(?:[eE][+-]?\d+)?")


_FORMS = {DecimalSign.POINT: (_form(r"\.", ","), "."), DecimalSign.COMMA: (_form(",", "."), ",")}


def read_numeral(text: str, sign: DecimalSign) -> float | None:
    """The number that `text` is under this sign; None where it is none, or not a finite one."""
    form, decimal = _FORMS[sign]
    if not form.fullmatch(text):
        return None
    number = float("".join("." if c == decimal else c for c in text if c in decimal + "0123456789+-eE"))
    return number if math.isfinite(number) else None


def decimal_sign(
    texts: Sequence[str], where: str, given: DecimalSign | None = None, point_is_usual: bool = False
) -> DecimalSign | None:
    """Find the sign that every number of a column was written with.

    `12,5` shows a comma, `1.234,5` too; `1,234` shows nothing: it is 1234 or 1.234. One cell that shows a sign decides
    for its column.

    Args:
        texts: the cells; those that are no numbers show nothing.
        where: the column in words, for the message.
        given: asked for by the user, who is believed.
        point_is_usual: `1.234` is 1.234 where no cell shows a comma, as in a file whose cells commas part.

    Returns:
        None where the cells are whole numbers and both signs give the same.

    Raises:
        ManifestError: cells that contradict each other, or that can be read both ways.
    """
    if given is not None:
        return given
    shown: dict[DecimalSign, str] = {}
    unclear: list[str] = []
    for text in texts:
        read = {sign: read_numeral(text, sign) for sign in DecimalSign}
        signs = [sign for sign in DecimalSign if read[sign] is not None]
        if len(signs) == 1:
            shown.setdefault(signs[0], text)
        elif len(set(read.values())) > 1:
            unclear.append(text)
    if len(shown) > 1:
        raise ManifestError(
            f"{where}: {shown[DecimalSign.POINT]!r} is written with a decimal point and {shown[DecimalSign.COMMA]!r} "
            "with a decimal comma. Write all numbers alike."
        )
    if shown:
        return next(iter(shown))
    if unclear and not (point_is_usual and all("," not in text for text in unclear)):
        as_point, as_comma = (read_numeral(unclear[0], sign) for sign in DecimalSign)
        raise ManifestError(
            f"{where}: {unclear[0]!r} can be {as_point:g} or {as_comma:g}, and no other cell shows which sign is the "
            "decimal one. Say --decimal point or --decimal comma."
        )
    return DecimalSign.POINT if unclear else None
