"""How sure so many patients can make anyone."""

import math

ROUNDING = 1e-9


def widest_level(n_patients: int) -> float:
    """Highest level of a finite interval from the errors of `n_patients`: K / (K + 1).

    A new patient may be worse than all K with probability 1 / (K + 1), whatever the errors look like.
    """
    return n_patients / (n_patients + 1)


def patients_needed(level: float) -> int:
    """Fewest patients that support `level`: K >= 1 / (1 - level) - 1."""
    return math.ceil(1 / (1 - level) - 1 - ROUNDING)


def refusal(level: float, n_patients: int) -> str:
    """Why `n_patients` do not support `level`, and how many would; empty where they do."""
    if level <= widest_level(n_patients) + ROUNDING:
        return ""
    widest = math.floor(1000 * widest_level(n_patients)) / 10
    patients = "1 held-out patient supports" if n_patients == 1 else f"{n_patients} held-out patients support"
    return (
        f"an interval of {100 * level:.6g}% needs at least {patients_needed(level)} patients; {patients} {widest:g}% "
        "at most. Ask for less with `--level`, or train with more patients."
    )
