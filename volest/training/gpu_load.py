"""How busy the GPU is while it trains."""

import time
from collections.abc import Callable

import torch

EVERY_S = 0.5
"""The driver averages over a sixth of a second to a second; asking more often says nothing new."""

Ask = Callable[[], float]


def utilisation(device: str) -> Ask | None:
    """What tells the share of time in which the GPU had work, through NVML; None on other devices."""
    return (lambda: torch.cuda.utilization() / 100) if device == "cuda" else None


class GpuLoad:
    """Mean over an epoch of what `ask` tells; a driver that does not answer is not asked again.

    Args:
        ask: the share of time in which the GPU had work, lately; None where there is none.
        clock: in seconds.
    """

    def __init__(self, ask: Ask | None, clock: Callable[[], float] = time.perf_counter) -> None:
        self.ask = ask
        self.clock = clock
        self.last = clock()
        self.told: list[float] = []

    def step(self) -> None:
        """Ask, if it is time to."""
        if self.ask is None or self.clock() - self.last < EVERY_S:
            return
        self.last = self.clock()
        try:
            self.told.append(self.ask())
        except Exception:
            self.ask = None

    def share(self) -> float:
        """Since it was asked for last; NaN where nobody told."""
        told, self.told = self.told, []
        return sum(told) / len(told) if told else float("nan")
