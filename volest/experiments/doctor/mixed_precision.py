"""Numbers stay numbers in the precision that training will use, and it is worth its cost."""

import math
import time
from typing import TYPE_CHECKING

import torch

from volest.errors import ModelError
from volest.experiments.doctor.verdict import Check, Outcome, failed, ok, warning
from volest.experiments.doctor.wording import PRECISIONS
from volest.experiments.rehearsal import Rehearsal
from volest.geometry import Shape
from volest.training.machine import LightningPrecision

if TYPE_CHECKING:
    from volest.experiments.doctor.subject import Subject

SMALL: Shape = (32, 32, 32)
STEPS = 4
"""Half precision may overflow once or twice until its loss scale has settled."""

SLOWER = 1.5
"""Times fp32's cost from which mixed precision is a loss."""


def check_mixed_precision(subject: "Subject") -> Outcome:
    """Steps of the configured network on noise; timed against fp32 where it is mixed.

    Raises:
        ModelError: the network cannot be built.
        TrainingError: the loss is not finite.
    """
    rehearsal, seconds, losses = _steps(subject, subject.precision)
    if not math.isfinite(rehearsal.gradient_norm):
        return failed(
            f"gradients are {rehearsal.gradient_norm} in {PRECISIONS[rehearsal.precision]}, losses {_listed(losses)}",
            "Set training.precision to fp32.",
        )
    found = (
        f"{PRECISIONS[rehearsal.precision]}: loss and gradients finite in {STEPS} steps, {1000 * seconds:.0f} ms a step"
    )
    if rehearsal.precision == "32-true":
        return ok(found)
    _, plain_s, _ = _steps(subject, "32-true")
    if seconds > SLOWER * plain_s:
        return warning(
            f"{found}, {seconds / plain_s:.1f} times as long as fp32", "Set training.precision to auto or fp32."
        )
    return ok(f"{found}, {plain_s / seconds:.1f} times as fast as fp32")


def _steps(subject: "Subject", precision: LightningPrecision) -> tuple[Rehearsal, float, list[float]]:
    """A network that was moved, seconds of its fastest step, and its losses."""
    rehearsal, shape = _network(subject, precision)
    noise = torch.randn(2, 1, *shape, generator=torch.Generator().manual_seed(subject.config.seed))
    seconds, losses = [], []
    for _ in range(STEPS):
        started = time.perf_counter()
        losses.append(rehearsal.step((noise, torch.tensor([-1.0, 1.0]))))
        seconds.append(time.perf_counter() - started)
    return rehearsal, min(seconds), losses


def _network(subject: "Subject", precision: LightningPrecision) -> tuple[Rehearsal, Shape]:
    try:
        return Rehearsal(subject.config, SMALL, subject.device, precision), SMALL
    except ModelError:  # some networks are made for one size
        return Rehearsal(subject.config, subject.likely_shape, subject.device, precision), subject.likely_shape


def _listed(losses: list[float]) -> str:
    return ", ".join(f"{loss:.3g}" for loss in losses)


MIXED_PRECISION = Check("precision", check_mixed_precision, limit_s=30, needs=("device",))
