"""A piece of work where it is done: on a machine of the cluster, in a process that may be killed at any time."""

import contextlib
import socket
import sys
import time
from collections.abc import Callable, Iterator

import torch

from volest import __version__
from volest.errors import OccupiedError, RunError
from volest.experiments.cluster.news import News, Relay
from volest.experiments.cluster.piece import Errand

PATIENCE_S = 300.0
"""For the lock of a lost process: a server of shared storage keeps that of a lost machine for some 90 s (NFSv4)."""

SIGHT_S = 60.0
"""In which a file that was written elsewhere is seen here: NFS remembers for so long that there was none."""

LOOK_S = 1.0


def run_errand(errand: Errand, send: Callable[[News], None]) -> None:
    """Do the work as if the command had been given here.

    Raises:
        RunError: another version of volest, or this machine does not see the storage of the driver.
        VolestError, OSError: as of the work.
    """
    host = socket.gethostname()
    if errand.version != __version__:
        raise RunError(
            f"{host} has volest {__version__}, the command was given with {errand.version}. Install the same version "
            "on all machines of the cluster."
        )
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

    if not errand.folder.is_dir() or not wait_until(is_seen, SIGHT_S):
        missing = errand.sign.path.parent if errand.folder.is_dir() else errand.folder
        raise RunError(
            f"{host} does not see {missing} as the machine does on which the command was given. Mount the same storage "
            "at the same place on all machines of the cluster, and give the command in a folder that all have."
        )


def wait_until(is_so: Callable[[], bool], most_s: float) -> bool:
    """Whether it is so, now or within `most_s` seconds."""
    until = time.monotonic() + most_s
    while not is_so():
        if time.monotonic() >= until:
            return False
        time.sleep(LOOK_S)
    return True


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
