"""Numbers as a page shows them."""

import math
from collections.abc import Sequence

TIMES = "\u2009×\u2009"
"""A multiplication sign between thin spaces."""


def millilitres(volume_ml: float) -> str:
    """Tenths of a millilitre below 1000, whole ones above; three figures where tenths would show nothing."""
    if not math.isfinite(volume_ml):
        return "–"
    if abs(volume_ml) >= 1e6:
        return f"{volume_ml:.2e}"
    if abs(volume_ml) >= 1000:
        return f"{volume_ml:,.0f}"
    return f"{volume_ml:.1f}" if abs(volume_ml) >= 1 or volume_ml == 0 else f"{volume_ml:.3g}"


def by_axis(values: Sequence[float]) -> str:
    """Values along i, j, k; lengths to three figures."""
    shown = [f"{value:.3g}" if isinstance(value, float) else str(value) for value in values]
    return TIMES.join(shown)


def round_length_mm(extent_mm: float) -> float:
    """The longest of 1, 2 and 5 times a power of ten that fits into 40% of an extent: 20 mm for 50 to 125 mm."""
    limit_mm = 0.4 * extent_mm
    power = 10.0 ** math.floor(math.log10(limit_mm))
    return max(factor * power for factor in (1, 2, 5) if factor * power <= limit_mm * (1 + 1e-9))
