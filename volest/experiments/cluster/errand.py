"""A piece of work where it is done: on a machine of the cluster, in a process that may be killed at any time."""

import contextlib
import socket
import sys
import time
from collections.abc import Callable, Iterator

import torch

from volest.errors import OccupiedError, RunError
from volest.experiments.cluster.news import News, Relay
from volest.experiments.cluster.piece import Errand
from volest.experiments.cluster.sight import LOOK_S, comes_in_sight

PATIENCE_S = 300.0
"""For the lock of a lost process: a server of shared storage keeps that of a lost machine for some 90 s (NFSv4)."""


def run_errand(errand: Errand, send: Callable[[News], None]) -> None:
    """Do the work as if the command had been given here.

    Raises:
        RunError: this machine does not see the storage of the driver.
        VolestError, OSError: as of the work.
    """
    host = socket.gethostname()
    _require_shared(errand, host)
    torch.set_num_threads(errand.threads)
    with _as_given(errand):
        _patiently(errand, Relay(errand.name, errand.attempt, host, send))


def _require_shared(errand: Errand, host: str) -> None:
    def is_seen() -> bool:
        try:
            return errand.sign.path.read_text(encoding="utf-8") == errand.sign.text
        except OSError:
            return False

    if not errand.folder.is_dir() or not comes_in_sight(is_seen):
        missing = errand.sign.path.parent if errand.folder.is_dir() else errand.folder
        raise RunError(
            f"{host} does not see {missing} as the machine does on which the command was given. Mount the same storage "
            "at the same place on all machines of the cluster, and give the command in a folder that all have."
        )


@contextlib.contextmanager
def _as_given(errand: Errand) -> Iterator[None]:
    own, sys.argv = sys.argv, list(errand.command)  # which environment.json records
    try:
        with contextlib.chdir(errand.folder):
            yield
    finally:
        sys.argv = own


def _patiently(errand: Errand, relay: Relay) -> None:
    """Do it; in a second attempt the lock of the first one may outlive it for a while."""
    until = time.monotonic() + (PATIENCE_S if errand.attempt else 0)
    while True:
        try:
            errand.work(relay)
            return
        except OccupiedError:
            if time.monotonic() >= until:
                raise
            time.sleep(LOOK_S)
