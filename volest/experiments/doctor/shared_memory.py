"""Memory through which workers hand batches over; containers often grant 64 MB of it."""

import math
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from volest.experiments.doctor.verdict import Check, Outcome, failed, ok, warning
from volest.experiments.doctor.wording import size

if TYPE_CHECKING:
    from volest.experiments.doctor.subject import Subject

SHARED = Path("/dev/shm")
AHEAD = 2
"""Batches that each worker of a DataLoader keeps ready."""

REMEDY = "Give the container more (`docker run --shm-size=2g`, or `--ipc=host`), or set training.workers to 0."


class OneBatch(Dataset[Tensor]):
    """One tensor of ones, as large as a batch."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def __len__(self) -> int:
        return 1

    def __getitem__(self, position: int) -> Tensor:
        return torch.ones(self.shape)


def check_shared_memory(subject: "Subject") -> Outcome:
    """A tensor of a batch's size goes through a worker; what all workers keep ready has to fit."""
    shape = (subject.config.training.batch_size, 1, *subject.likely_shape)
    batch_bytes = 4 * math.prod(shape)
    needed_bytes = max(subject.workers, 1) * AHEAD * batch_bytes
    try:
        (batch,) = DataLoader(OneBatch(shape), batch_size=None, num_workers=1, timeout=20)
    except Exception as error:  # a worker without room dies of a bus error, which the loader tells as it pleases
        return failed(f"a batch of {size(batch_bytes)} did not come through: {str(error).splitlines()[0]}", REMEDY)
    if batch.shape != shape or not bool((batch == 1).all()):
        return failed(f"a batch of {size(batch_bytes)} came through changed", REMEDY)
    found = f"a batch of {size(batch_bytes)} came through a worker"
    if not SHARED.is_dir():
        return ok(found)
    free = shutil.disk_usage(SHARED).free
    found += f"; {SHARED} has {size(free)} free, {size(needed_bytes)} will be in use"
    return ok(found) if free > needed_bytes else warning(found, REMEDY)


SHARED_MEMORY = Check("shared memory", check_shared_memory, limit_s=30)
