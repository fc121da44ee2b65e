"""One training step on the planned grid: its memory, known before it is tried, and its time."""

import time
from typing import TYPE_CHECKING

import torch

from volest.experiments.doctor.memory import available_bytes
from volest.experiments.doctor.step_memory import step_bytes
from volest.experiments.doctor.verdict import Check, Outcome, failed, ok, warning
from volest.experiments.doctor.wording import size
from volest.experiments.rehearsal import Rehearsal, limited_threads

if TYPE_CHECKING:
    from volest.experiments.doctor.subject import Subject

REMEDY = "Lower training.batch_size (and raise training.accumulate), preprocessing.voxel_budget or model.widths."
NEARLY = 0.8


def check_training_step(subject: "Subject") -> Outcome:
    """A step that would not fit is not tried.

    Raises:
        ModelError: the network cannot be built on the grid.
        TrainingError: the loss is not finite.
    """
    rehearsal, shape = subject.rehearsal, (subject.batch_size, 1, *subject.grid.shape)
    parameters = sum(p.numel() for p in rehearsal.module.parameters())
    network = f"{subject.config.model.name}, {parameters / 1e6:.2g} million weights"
    room = _room_bytes(subject.device)
    try:
        need = step_bytes(rehearsal.module.network, shape, is_mixed=subject.precision != "32-true")
    except (RuntimeError, NotImplementedError):  # not every network can be counted without computing it
        need = None
    if need and room and need > room:
        return failed(f"{network}: about {size(need)}, and {size(room)} are free; not tried", REMEDY)
    with limited_threads(subject.config.training.threads):
        subject.step_s, subject.forward_s = _seconds(rehearsal, shape)
    need = torch.cuda.max_memory_allocated() if subject.device == "cuda" else need
    memory = f"about {size(need)}" if need else "memory unknown"
    found = f"{network}: {1000 * subject.step_s:.0f} ms for a batch of {shape[0]}, {memory}"
    return warning(found, REMEDY) if need and room and need > NEARLY * room else ok(found)


def _seconds(rehearsal: Rehearsal, shape: tuple[int, ...]) -> tuple[float, float]:
    """Of a step and of an evaluation of one batch, each after one that warms up."""
    batch = (torch.randn(shape, generator=torch.Generator().manual_seed(0)), torch.zeros(shape[0]))
    steps, forwards = [], []
    for _ in range(3):
        started = time.perf_counter()
        rehearsal.step(batch)
        steps.append(time.perf_counter() - started)
    for _ in range(2):
        started = time.perf_counter()
        rehearsal.predict(batch[0])
        forwards.append(time.perf_counter() - started)
    return min(steps), min(forwards)


def _room_bytes(device: str) -> int | None:
    return torch.cuda.mem_get_info()[0] if device == "cuda" else available_bytes()


TRAINING_STEP = Check("training step", check_training_step, limit_s=45, needs=("scans", "device"))
