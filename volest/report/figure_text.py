"""A figure of an evaluation in words."""

from volest.records.evaluation import Figure

UNDEFINED = "–"


def value(figure: Figure, digits: int = 1, unit: str = "") -> str:
    """`11.2 mL`; a dash where the data do not define it."""
    return UNDEFINED if figure.value is None else f"{minus(f'{figure.value:.{digits}f}')}{unit}"


def interval(figure: Figure, digits: int = 1) -> str:
    """`9.1 to 13.8`; a dash where there is none."""
    if figure.low is None or figure.high is None:
        return UNDEFINED
    return f"{minus(f'{figure.low:.{digits}f}')} to {minus(f'{figure.high:.{digits}f}')}"


def with_interval(figure: Figure, digits: int = 1, unit: str = "") -> str:
    """`11.2 mL (9.1 to 13.8)`."""
    told = value(figure, digits, unit)
    return told if figure.low is None else f"{told} ({interval(figure, digits)})"


def minus(text: str) -> str:
    """A number with a minus sign as long as a plus, and no minus before zero."""
    return text.lstrip("-") if not text.strip("-0.") else text.replace("-", "\u2212")
