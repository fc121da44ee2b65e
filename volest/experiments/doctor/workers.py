"""Workers start, answer and end, by each of the ways in which systems start them."""

import multiprocessing
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from volest.experiments.doctor.verdict import Check, Outcome, failed, ok, skipped, warning

if TYPE_CHECKING:
    from volest.experiments.doctor.subject import Subject

WORKERS = 2
SLOW_S = 20.0
LIMIT_S = 60.0


class NumberedRasters(Dataset[Tensor]):
    """Small rasters that hold their own number; needs nothing that a new process would have to be given."""

    def __len__(self) -> int:
        return 2 * WORKERS

    def __getitem__(self, position: int) -> Tensor:
        return torch.full((1, 16, 16, 16), float(position))


def check_start(method: str) -> "Callable[[Subject], Outcome]":
    """The check of one start method."""

    def check(subject: "Subject") -> Outcome:
        if method not in multiprocessing.get_all_start_methods():
            return skipped(f"this system has no {method}")
        is_default = multiprocessing.get_start_method() == method
        whose = "used by training here" if is_default else "not used by training here"
        try:
            seconds = seconds_to_start(method)
        except Exception as error:  # workers die of anything from pickling to signals
            found = f"{type(error).__name__}: {(str(error).strip().splitlines() or ['no message'])[0]} ({whose})"
            remedy = "Set training.workers to 0."
            if is_default and subject.workers:
                return failed(found, f"{remedy} Under a script of your own, guard it by `if __name__ == '__main__':`.")
            return warning(found, f"Nothing to do while it is not used; else: {remedy}")
        found = f"{WORKERS} workers up, answered and down in {seconds:.1f} s ({whose})"
        if is_default and seconds > SLOW_S:
            return warning(found, "Once a fold it costs that; for short trainings set training.workers to 0.")
        return ok(found)

    return check


def seconds_to_start(method: str) -> float:
    """From nothing to all numbers received and the workers gone.

    Raises:
        RuntimeError: a worker died, did not answer in time, or answered wrongly.
    """
    started = time.perf_counter()
    loader = DataLoader(NumberedRasters(), num_workers=WORKERS, multiprocessing_context=method, timeout=LIMIT_S / 2)
    numbers = [float(batch.mean()) for batch in loader]
    if numbers != [float(n) for n in range(len(loader))]:
        raise RuntimeError(f"workers returned {numbers}")
    return time.perf_counter() - started


FORK = Check("workers: fork", check_start("fork"), limit_s=LIMIT_S)
SPAWN = Check("workers: spawn", check_start("spawn"), limit_s=LIMIT_S)
