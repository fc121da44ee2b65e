"""A few scans learnt by heart: what cannot do that will not learn from many."""

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from volest.errors import ModelError, TrainingError
from volest.experiments.doctor.rehearsal import Rehearsal, limited_threads
from volest.experiments.doctor.verdict import Check, Outcome, failed, ok, skipped, warning
from volest.experiments.doctor.wording import edges
from volest.geometry import Shape
from volest.training.dataset import TrainingScans

if TYPE_CHECKING:
    from volest.experiments.doctor.subject import Subject

SCANS = 4
STEPS = 100
FEWEST_STEPS = 40
FACTOR = 5.0
"""By which the loss has to fall."""

LEAST_FACTOR = 1.5
"""Below it nothing is learnt; between the two, too slowly."""

SECONDS = 15.0
HALVINGS = 2


@dataclass(frozen=True)
class Course:
    """How the loss went.

    Attributes:
        shape: of the rasters learnt from.
        losses: before each step.
    """

    shape: Shape
    losses: list[float]

    @property
    def factor(self) -> float:
        """By which the loss fell; the mean of the last three, as the last one may be a leap."""
        last = sum(self.losses[-3:]) / 3
        return self.losses[0] / last if last > 0 else math.inf


def check_overfitting(subject: "Subject") -> Outcome:
    """No augmentation, no dropout, no warm-up; the grid is halved where the machine is too slow for it.

    Raises:
        ModelError: the network cannot be built.
    """
    batch = _batch(subject)
    if batch[1].std(correction=0) < 0.1:
        return skipped(f"the {len(batch[1])} scans read have the same volume")
    try:
        with limited_threads(subject.config.training.threads):
            course = learn(batch, subject)
    except TrainingError:
        return failed("the loss is no longer finite", _remedy(subject, lower=True))
    halved = " (grid halved for speed)" if course.shape != subject.grid.shape else ""
    found = (
        f"loss {course.losses[0]:.3g} to {sum(course.losses[-3:]) / 3:.2g} in {len(course.losses)} steps on "
        f"{len(batch[1])} scans of {edges(course.shape)}{halved}"
    )
    if course.factor >= FACTOR:
        return ok(found)
    found += f"; expected to fall by {FACTOR:g}"
    if len(course.losses) < STEPS and course.factor > 1:
        return warning(f"{found}, but time allowed no more steps", "Try a smaller network or grid, or a faster device.")
    judge = warning if course.factor > LEAST_FACTOR else failed
    return judge(found, _remedy(subject, lower=course.factor < 1))


def learn(batch: tuple[Tensor, Tensor], subject: "Subject") -> Course:
    """Steps on one batch, at most `STEPS` and for about `SECONDS`, on the finest grid that allows enough of them.

    Args:
        batch: voxels (batch, 1, i, j, k) and standardised targets (batch,).
        subject: what is examined.
    """
    deadline = time.perf_counter() + SECONDS
    rehearsal, losses, step_s = _begun(batch, subject)
    for _ in range(HALVINGS):
        if step_s * FEWEST_STEPS < SECONDS:
            break
        coarser = (F.avg_pool3d(batch[0], 2, ceil_mode=True), batch[1])
        try:
            rehearsal, losses, step_s = _begun(coarser, subject)
        except ModelError:
            break  # a network for one size: few steps on its own grid are what can be had
        batch = coarser
    while len(losses) < STEPS and time.perf_counter() + step_s < deadline:
        losses.append(rehearsal.step(batch))
    i, j, k = batch[0].shape[2:]
    return Course((i, j, k), losses)


def _begun(batch: tuple[Tensor, Tensor], subject: "Subject") -> tuple[Rehearsal, list[float], float]:
    """A network after two steps, their losses, and the seconds of the faster one."""
    i, j, k = batch[0].shape[2:]
    without_dropout = subject.config.model.model_copy(update={"dropout": 0.0})
    config = subject.config.model_copy(update={"model": without_dropout})
    rehearsal = Rehearsal(config, (i, j, k), subject.device, subject.precision)
    losses, seconds = [], []
    for _ in range(2):
        started = time.perf_counter()
        losses.append(rehearsal.step(batch))
        seconds.append(time.perf_counter() - started)
    return rehearsal, losses, min(seconds)


def _batch(subject: "Subject") -> tuple[Tensor, Tensor]:
    """A few of the scans that were read, small and large; their targets are standardised on them alone."""
    places = np.unique(np.linspace(0, len(subject.examples) - 1, SCANS).round().astype(int))
    examples = [subject.examples[place] for place in places]
    scans = TrainingScans(examples, None, subject.target_of(examples), subject.config.seed)
    voxels, targets = zip(*(scans[0, position] for position in range(len(scans))), strict=True)
    return torch.stack(voxels), torch.stack(targets)


def _remedy(subject: "Subject", lower: bool) -> str:
    rate = f"training.learning_rate (now {subject.config.training.learning_rate:g})"
    if lower:
        return f"Lower {rate}, set training.gradient_clip, or use precision fp32."
    return f"Raise {rate}, or lower it where the loss leaps; look at the scans (`volest check`); try model.name resnet."


OVERFITTING = Check("overfitting", check_overfitting, limit_s=60, needs=("reading", "training step"))
