"""Work that one process does at a time, and who does it."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from volest.errors import OccupiedError


@contextmanager
def locked(path: Path, what: str) -> Iterator[None]:
    """Hold the lock `path`; the system frees that of a process that dies.

    Raises:
        OccupiedError: another process holds it; `what` begins the sentence, and the owner, named in a file beside the
            lock, goes on with it.
    """
    owner = owner_of(path)
    try:
        with FileLock(path, blocking=False):
            since = datetime.now().astimezone().isoformat(" ", "seconds")
            owner.write_text(f"process {os.getpid()} on {socket.gethostname()} since {since}", encoding="utf-8")
            try:
                yield
            finally:
                owner.unlink(missing_ok=True)
    except Timeout:
        raise OccupiedError(
            f"{what} another process ({_named(owner)}). Wait for its end, or choose another place."
        ) from None


def owner_of(lock: Path) -> Path:
    """The file that names who holds a lock."""
    return lock.with_name(f"{lock.name}.owner")


def _named(owner: Path) -> str:
    try:
        return owner.read_text(encoding="utf-8") or "just begun"
    except OSError:
        return "of an earlier version, or just begun"
