"""The processes of one training: each takes its part of every batch, and the first one alone writes and speaks."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import torch
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from torch import distributed, nn

from volest.errors import ConfigError

T = TypeVar("T")

PATIENCE = timedelta(days=7)
"""The others wait while the first one judges; whoever has started them ends them when one fails."""


@dataclass(frozen=True)
class Place:
    """One process among those of a training.

    Attributes:
        number: from 0, over all machines; `count` of them.
        local: number on its machine; `per_node` of them.
    """

    number: int
    count: int
    local: int
    per_node: int


def find_place(environment: Mapping[str, str], wanted: int) -> Place | None:
    """What torchrun, or SLURM where several are wanted, tells the process that it has started; None without either."""
    told = {name: int(value) for name, value in environment.items() if name in _TOLD and value.isdecimal()}
    if "RANK" in told and "WORLD_SIZE" in told:
        local = told.get("LOCAL_RANK", 0)
        return Place(told["RANK"], told["WORLD_SIZE"], local, told.get("LOCAL_WORLD_SIZE", told["WORLD_SIZE"]))
    if wanted > 1 and told.get("SLURM_NTASKS", 1) > 1:
        count = told["SLURM_NTASKS"]
        return Place(told["SLURM_PROCID"], count, told["SLURM_LOCALID"], count // told.get("SLURM_NNODES", 1))
    return None


_TOLD = {"RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"}
_TOLD |= {"SLURM_NTASKS", "SLURM_PROCID", "SLURM_LOCALID", "SLURM_NNODES"}


@contextmanager
def joined(place: Place, device: str) -> Iterator[None]:
    """Meet the other processes, and part from them at the end.

    Args:
        place: of this one.
        device: `cuda`, where each process takes the GPU of its local number, or `cpu`.

    Raises:
        ConfigError: fewer GPUs than processes on this machine.
    """
    if device == "cuda":
        if torch.cuda.device_count() < place.per_node:
            raise ConfigError(
                f"{place.per_node} processes on a machine with {torch.cuda.device_count()} GPUs: start one a GPU, or "
                "set training.device to cpu."
            )
        torch.cuda.set_device(place.local)
    if "RANK" not in os.environ:
        slurm = SLURMEnvironment()
        os.environ |= {"MASTER_ADDR": slurm.main_address, "MASTER_PORT": str(slurm.main_port)}
    os.environ["LOCAL_WORLD_SIZE"] = str(place.per_node)
    distributed.init_process_group(
        "cpu:gloo,cuda:nccl" if device == "cuda" else "gloo",
        timeout=PATIENCE,
        world_size=place.count,
        rank=place.number,
    )
    try:
        yield
    finally:
        distributed.destroy_process_group()


def count() -> int:
    """Processes that train together; 1 for one alone."""
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


def number() -> int:
    """Of this process, from 0."""
    return distributed.get_rank() if count() > 1 else 0


def per_node() -> int:
    """Of them on this machine."""
    return int(os.environ["LOCAL_WORLD_SIZE"]) if count() > 1 else 1


def is_first() -> bool:
    """Whether this is the one that writes."""
    return number() == 0


def wait() -> None:
    """Until all processes are here."""
    if count() > 1:
        gathered(None)  # and no barrier, which would ask for a GPU where there is one


def gathered(own: T) -> list[T]:
    """What each process has, in their order; any object, through the CPU."""
    if count() == 1:
        return [own]
    everyones: list[T] = [own] * count()
    distributed.all_gather_object(everyones, own)
    return everyones


def mean_of_all(value: float) -> float:
    """Mean over the processes."""
    if count() == 1:
        return value
    total = torch.tensor(value, dtype=torch.float64)
    distributed.all_reduce(total)
    return float(total) / count()


def share_buffers(network: nn.Module) -> None:
    """Give all processes the buffers of the first one, such as the running statistics of a norm."""
    if count() > 1:
        for buffer in network.buffers():
            distributed.broadcast(buffer, 0)


def part_of(items: Sequence[T], number: int, count: int) -> Sequence[T]:
    """Part `number` of `count`, which follow one another and differ by one item at most; few may leave some empty."""
    return items[number * len(items) // count : (number + 1) * len(items) // count]
