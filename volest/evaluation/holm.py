"""Several tests at once (Holm 1979, Scandinavian Journal of Statistics 6:65)."""

from collections.abc import Sequence

import numpy as np


def holm(p: Sequence[float]) -> list[float]:
    """P-values corrected step down for their number, in the given order."""
    order = np.argsort(p, kind="stable")
    steps = np.asarray(p, dtype=float)[order] * np.arange(len(p), 0, -1)
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(1, np.maximum.accumulate(steps))
    return [float(value) for value in corrected]


def holm_of_known(p: Sequence[float | None]) -> list[float | None]:
    """The same where some tests could not be made: those stay None and are not counted."""
    corrected = iter(holm([one for one in p if one is not None]))
    return [None if one is None else next(corrected) for one in p]
