"""The shortest honest torch loop, and volest's training under the same stopwatch."""

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bench.ceilings import wait_for
from bench.study import Study
from volest.config import Config
from volest.models.memory_format import to_channels_last
from volest.models.registry import build_network
from volest.progress import Step
from volest.records.history import read_history
from volest.records.run import FoldDirectory
from volest.training.fit import fit
from volest.training.losses import HUBER_BEND

Batches = Callable[[], Iterable[tuple[Tensor, Tensor]]]
"""Starts an epoch: voxels (batch, 1, i, j, k) and standardised targets (batch,)."""


@dataclass(frozen=True)
class Pace:
    """Means over the measured epochs of one training.

    Attributes:
        epoch_s: from the first step of an epoch to the first of the next: steps, evaluation, records.
        steps_s: from the start of an epoch to the end of its last step.
        samples_per_s: during the steps.
        wait_share: of the steps' time, spent waiting for data; not measured in bare loops.
        gpu_busy_share: of the time, as the driver tells; not measured in bare loops, nor without a GPU.
    """

    epoch_s: float
    steps_s: float
    samples_per_s: float
    wait_share: float = float("nan")
    gpu_busy_share: float = float("nan")


def bare_network(config: Config, shape: tuple[int, int, int]) -> nn.Module:
    """The network that volest would train."""
    torch.manual_seed(config.seed)
    return to_channels_last(build_network(config.model, shape))


def bare_pace(
    network: nn.Module, batches: Batches, config: Config, epochs: int, evaluate: Callable[[], object] | None = None
) -> Pace:
    """Train without clipping, averaging, schedule or records: nothing but the network and AdamW.

    The first epoch warms up and is not counted. On a GPU the steps run in bf16, as volest's do.
    """
    optimiser = torch.optim.AdamW(network.parameters(), lr=config.training.learning_rate)
    device = next(network.parameters()).device
    samples, steps_s, started = 0, 0.0, 0.0
    for epoch in range(epochs + 1):
        if epoch == 1:
            samples, steps_s, started = 0, 0.0, time.perf_counter()
        network.train()
        before = time.perf_counter()
        for voxels, target in batches():
            _step(network, optimiser, voxels.to(device), target.to(device))
            samples += len(target)
        wait_for(device)
        steps_s += time.perf_counter() - before
        if evaluate is not None:
            evaluate()
    epoch_s = (time.perf_counter() - started) / epochs
    return Pace(epoch_s, steps_s / epochs, samples / steps_s)


def _step(network: nn.Module, optimiser: torch.optim.Optimizer, voxels: Tensor, target: Tensor) -> None:
    optimiser.zero_grad(set_to_none=True)
    loss_of(network, voxels, target).backward()
    optimiser.step()


def loss_of(network: nn.Module, voxels: Tensor, target: Tensor) -> Tensor:
    """The forward pass of a step; on a GPU in bf16, as volest's."""
    with torch.autocast(voxels.device.type, torch.bfloat16, enabled=voxels.is_cuda):
        predicted = network(voxels.contiguous(memory_format=torch.channels_last_3d))
        return F.smooth_l1_loss(predicted.float(), target, beta=HUBER_BEND)


def in_memory(voxels: Tensor, targets: Tensor, batch_size: int, seed: int) -> Batches:
    """Shuffled batches of tensors that are already there; a last batch of one scan is left out, as volest does."""
    rng = np.random.default_rng(seed)

    def epoch() -> Iterator[tuple[Tensor, Tensor]]:
        order = torch.from_numpy(rng.permutation(len(targets))).to(voxels.device)
        parts = order.split(batch_size)
        for part in parts[:-1] if len(parts[-1]) == 1 else parts:
            yield voxels[part], targets[part]

    return epoch


def evaluation(network: nn.Module, parts: Iterable[tuple[Tensor, Tensor]], batch_size: int) -> Callable[[], object]:
    """Mean absolute error of each part in eval mode: what volest observes after every epoch."""
    kept = list(parts)

    def evaluate() -> list[float]:
        network.eval()
        errors = []
        with torch.inference_mode():
            for voxels, target in kept:
                batches = [b.contiguous(memory_format=torch.channels_last_3d) for b in voxels.split(batch_size)]
                errors.append(float((torch.cat([network(b) for b in batches]) - target).abs().mean()))
        return errors

    return evaluate


class _Enough(Exception):  # noqa: N818 (not an error)
    """The stopwatch has seen what it was to see."""


class _Stopwatch:
    """Watches volest's own progress: notes when each step ended, and stops the training after the last it needs."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.ended: list[float] = []

    @contextmanager
    def task(self, title: str, total: int, done: int = 0) -> Iterator[Step]:
        """Every step of every task counts; `fit` has one task."""

        def step(note: str = "") -> None:
            self.ended.append(time.perf_counter())
            if len(self.ended) == self.steps:
                raise _Enough

        yield step

    def tell(self, what: str) -> None:
        """Words are for people."""


def volest_pace(config: Config, study: Study, epochs: int) -> Pace:
    """Train with volest's own code and the schedule of the recipe, stopped after the measured epochs.

    The first epoch warms up and is not counted, nor are the pictures of TensorBoard that only it draws; every tenth
    epoch draws them again.
    """
    batch_size = config.training.batch_size
    batches, rest = divmod(len(study.data.training), batch_size)
    per_epoch = batches + (rest > 1 or (rest == 1 and batch_size == 1))
    watch = _Stopwatch(per_epoch * (epochs + 1) + 1)
    with tempfile.TemporaryDirectory() as folder:
        directory = FoldDirectory(Path(folder))
        try:
            fit(config, 0, study.data, directory, watch)
        except _Enough:
            pass
        else:
            raise ValueError(f"training.epochs is {config.training.epochs}: expected more than {epochs + 1}.")
        history = read_history(directory.history).iloc[1:]
    starts = watch.ended[::per_epoch][1:]
    samples = len(study.data.training) - (rest == 1 and batch_size > 1)
    steps_s = samples / history["samples_per_s"]
    return Pace(
        epoch_s=float(np.mean([after - before for before, after in pairwise(starts)])),
        steps_s=float(steps_s.mean()),
        samples_per_s=float(samples / steps_s.mean()),
        wait_share=float(history["loader_wait_share"].mean()),
        gpu_busy_share=float(history["gpu_busy_share"].mean()),
    )
