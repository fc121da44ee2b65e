"""How busy the GPU is while it trains."""

import time
from collections.abc import Callable

import torch

EVERY_S = 0.5
"""The driver averages over a sixth of a second to a second; asking more often says nothing new."""


def utilisation() -> Callable[[], float] | None:
    """What tells the share of time in which the GPU of this process had work; None where there is none to ask.

    NVIDIA's driver tells it through NVML (`nvidia-ml-py`).
    """
    if not torch.cuda.is_available():
        return None
    try:
        torch.cuda.utilization()
    except (RuntimeError, ModuleNotFoundError):  # no driver that answers, or not in this container
        return None
    return lambda: torch.cuda.utilization() / 100


class GpuLoad:
    """Mean of what `ask` tells during an epoch.

    Args:
        ask: the share of time in which the GPU had work, lately; None where there is none.
        clock: in seconds.
    """

    def __init__(self, ask: Callable[[], float] | None, clock: Callable[[], float] = time.perf_counter) -> None:
        self.ask = ask
        self.clock = clock
        self.last = clock()
        self.told: list[float] = []

    def step(self) -> None:
        """Ask, if it is time to."""
        if self.ask is not None and self.clock() - self.last >= EVERY_S:
            self.last = self.clock()
            self.told.append(self.ask())

    def share(self) -> float:
        """Of this epoch; NaN where nobody told."""
        return sum(self.told) / len(self.told) if self.told else float("nan")
