"""Variants in turn, so that whatever else the machine does befalls all of them."""

import statistics
import sys
from collections.abc import Callable, Mapping, Sequence

from bench.loops import Pace


def interleave(variants: Mapping[str, Callable[[], Pace]], repeats: int) -> dict[str, list[Pace]]:
    """A B C A B C ...: every variant `repeats` times, by name."""
    paces: dict[str, list[Pace]] = {name: [] for name in variants}
    for repeat in range(repeats):
        for name, run in variants.items():
            print(f"  repetition {repeat + 1}/{repeats}: {name}", file=sys.stderr, flush=True)
            paces[name].append(run())
    return paces


def median(paces: Sequence[Pace], attribute: str) -> float:
    """Over the repetitions."""
    return statistics.median(getattr(pace, attribute) for pace in paces)


def spread(paces: Sequence[Pace], attribute: str) -> str:
    """Lowest to highest."""
    values = [getattr(pace, attribute) for pace in paces]
    return f"{min(values):.2f}-{max(values):.2f}"
