"""How many independent scans the scans of patients are worth."""

from collections.abc import Iterable


def effective_number(scans_of_patients: Iterable[int], icc: float) -> float:
    """Independent scans that tell as much of a mean: n of one patient count n / (1 + (n - 1) ICC) (Kish 1965)."""
    return float(sum(n / (1 + (n - 1) * icc) for n in scans_of_patients))
