"""A command that several processes carry out together."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from typer import Exit

from volest.errors import ConfigError

if TYPE_CHECKING:
    from volest.config.schema import TrainingConfig

GRACE_S = 10.0
"""In which a process ends by itself: one that waits for another on a GPU hears no request."""


@contextmanager
def company(devices: int | None, nodes: int, training: "TrainingConfig") -> Iterator[bool]:
    """Carry out a command in `devices` processes on each of `nodes` machines; yields whether this one shows results.

    On one machine they are started here. On several, torchrun or SLURM starts them, with this command in each.

    Args:
        devices: on each machine; None is as many as have been started, or one.
        nodes: machines.
        training: says on which device.

    Raises:
        ConfigError: several machines without torchrun or SLURM, or not as many processes as asked for.
    """
    wanted = (devices or 1) * nodes
    if wanted == 1 and not {"RANK", "WORLD_SIZE"} <= os.environ.keys():
        yield True
        return
    from volest.training.machine import choose_device
    from volest.training.processes import find_place, joined

    place = find_place(os.environ, wanted)
    if place is None and nodes > 1:
        raise ConfigError(
            f"--num-nodes {nodes}: start this command on each machine with `torchrun --nnodes {nodes} --nproc-per-node "
            f"{devices or 1} ... -m volest` or in a SLURM job with `srun`; see docs/cluster.md."
        )
    if place is None:
        raise Exit(_launch(wanted))
    if devices is not None and place.count != wanted:
        raise ConfigError(
            f"--devices {devices} on {nodes} machines are {wanted} processes, but {place.count} were started. Let both "
            "be the same, or leave `--devices` out."
        )
    with joined(place, choose_device(training)):
        yield place.number == 0


def _launch(count: int) -> int:
    """Run this command in so many processes; the exit status of the first that fails, and the others are ended then."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1]), "WORLD_SIZE": str(count)}
    command = [sys.executable, "-m", "volest", *sys.argv[1:]]
    shared["TORCH_CPP_LOG_LEVEL"] = "ERROR"  # else each one tells that every weight is used
    processes = []
    for n in range(count):
        own = {"RANK": str(n), "LOCAL_RANK": str(n), "LOCAL_WORLD_SIZE": str(count)}
        processes.append(subprocess.Popen(command, env={**os.environ, **shared, **own}))
    try:
        while (failed := _status(processes)) is None:
            time.sleep(0.1)
        return failed
    finally:
        _end(processes)


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _status(processes: list[subprocess.Popen[bytes]]) -> int | None:
    """Of the first that failed; 0 when all have ended well; None while they are at work."""
    ended = [process.poll() for process in processes]
    failed = next((status for status in ended if status), None)
    return failed if failed is not None else None if None in ended else 0
