"""A few scans learnt by heart: what cannot do that will not learn from many."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from volest.config import Config
from volest.errors import ModelError
from volest.experiments.rehearsal import Rehearsal
from volest.geometry import Shape
from volest.preprocessing.target import fit_target, target_kind
from volest.training.dataset import Example, TrainingScans
from volest.training.machine import LightningPrecision

SCANS = 4
FEWEST_STEPS = 40
HALVINGS = 2

Batch = tuple[Tensor, Tensor]
"""Voxels (batch, 1, i, j, k) and standardised targets (batch,)."""


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


def batch_of(examples: Sequence[Example], config: Config) -> Batch:
    """A few of the scans, in the order given, first and last among them; targets are standardised on them alone."""
    places = np.unique(np.linspace(0, len(examples) - 1, SCANS).round().astype(int))
    chosen = [examples[place] for place in places]
    target = fit_target(target_kind(config), [e.volume_ml for e in chosen], [e.fov_ml for e in chosen])
    scans = TrainingScans(chosen, None, target, config.seed)
    voxels, targets, *_ = scans[[(0, position) for position in range(len(scans))]]
    return voxels, targets


def learn(
    batch: Batch, config: Config, device: str, precision: LightningPrecision, steps: int, seconds: float
) -> Course:
    """Steps on one batch, without augmentation, dropout or warm-up; the grid is halved where it is too slow.

    Args:
        batch: of some scans.
        config: the experiment.
        device: where it computes.
        precision: in which it computes.
        steps: at most.
        seconds: about, at most; the finest grid is taken that allows `FEWEST_STEPS` in this time.

    Raises:
        ModelError: the network cannot be built.
        TrainingError: the loss is not finite.
    """
    deadline = time.perf_counter() + seconds
    without_dropout = config.model_copy(update={"model": config.model.model_copy(update={"dropout": 0.0})})
    rehearsal, losses, step_s = _begun(batch, without_dropout, device, precision)
    for _ in range(HALVINGS):
        if step_s * FEWEST_STEPS < seconds:
            break
        coarser = (F.avg_pool3d(batch[0], 2, ceil_mode=True), batch[1])
        try:
            rehearsal, losses, step_s = _begun(coarser, without_dropout, device, precision)
        except ModelError:
            break  # a network for one size: few steps on its own grid are what can be had
        batch = coarser
    while len(losses) < steps and time.perf_counter() + step_s < deadline:
        losses.append(rehearsal.step(batch))
    i, j, k = batch[0].shape[2:]
    return Course((i, j, k), losses)


def _begun(
    batch: Batch, config: Config, device: str, precision: LightningPrecision
) -> tuple[Rehearsal, list[float], float]:
    """A network after two steps, their losses, and the seconds of the faster one."""
    i, j, k = batch[0].shape[2:]
    rehearsal = Rehearsal(config, (i, j, k), device, precision)
    losses, seconds = [], []
    for _ in range(2):
        started = time.perf_counter()
        losses.append(rehearsal.step(batch))
        seconds.append(time.perf_counter() - started)
    return rehearsal, losses, min(seconds)
