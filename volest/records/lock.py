"""Work that one process does at a time, and who does it."""

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from volest.errors import OccupiedError, RunError

NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}
"""What storage answers that has none: Lustre mounted without them, NFS 3 without its lock server."""


class _SystemLock(FileLock):
    def acquire(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().acquire(*args, **kwargs)
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
            raise RunError(
                f"{self.lock_file} cannot be locked, so that two processes might do the same work: {error.strerror}. "
                "Mount the storage with locks (Lustre: `-o flock`; NFS: version 4), or choose a place on another one."
            ) from None


def system_lock(path: Path, blocking: bool = True) -> FileLock:
    """The lock `path`, which the system frees when its process dies; never a file in its place, which would outlive it.

    Taking it raises RunError on storage that has no locks.
    """
    return _SystemLock(path, blocking=blocking, fallback_to_soft=False)


@contextmanager
def locked(path: Path, what: str) -> Iterator[None]:
    """Hold the lock `path`; the system frees that of a process that dies.

    Raises:
        OccupiedError: another process holds it; `what` begins the sentence, and the owner, named in a file beside the
            lock, goes on with it.
        RunError: the storage has no locks.
    """
    owner = owner_of(path)
    try:
        with system_lock(path, blocking=False):
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
