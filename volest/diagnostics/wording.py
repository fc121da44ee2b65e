"""Numbers and names as a sentence holds them."""

from collections.abc import Iterable

MOST_NAMED = 5
"""Names that a sentence holds; the rest is counted."""


def number(value: float) -> str:
    """Three figures, never in powers of ten."""
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def listed(names: Iterable[object]) -> str:
    """`a, b and c`; many are cut."""
    texts = [str(name) for name in names]
    if len(texts) > MOST_NAMED:
        return f"{', '.join(texts[:MOST_NAMED])} and {len(texts) - MOST_NAMED} more"
    return " and ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else "".join(texts)


def of_folds(folds: Iterable[int]) -> str:
    """`fold 2`, or `folds 0, 2 and 3`."""
    numbers = list(folds)
    return f"{'fold' if len(numbers) == 1 else 'folds'} {listed(numbers)}"


def p_value(p: float) -> str:
    """To the digits that permutations can give."""
    return f"p = {p:.4f}"
