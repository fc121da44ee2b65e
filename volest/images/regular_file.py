"""Files that are opened to be read once: they exist, hold bytes of their own, and stand still meanwhile."""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from volest.images.faults import Refusal


@contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """Open a file without ever waiting for it.

    Opening a FIFO waits for its writer for ever, and opening a tape may wind it, so that the kind is asked first; and
    asked again of what was opened, should the name have changed hands in between.

    Raises:
        FileNotFoundError: there is none.
        Refusal: it is a folder, FIFO, socket or device, or it changed while it was open.
    """
    _require_regular(path.stat(), path)
    with path.open("rb") if sys.platform == "win32" else _opened_at_once(path) as file:
        before = os.fstat(file.fileno())
        _require_regular(before, path)
        yield file
        after = os.fstat(file.fileno())
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise Refusal(f"{path.name} changed while it was read. Wait until it is written, then try again")


def require_regular(path: Path) -> None:
    """Check a file that is to be opened later.

    Raises:
        FileNotFoundError: there is none.
        Refusal: it is a folder, FIFO, socket or device.
    """
    _require_regular(path.stat(), path)


def _opened_at_once(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")


def _require_regular(status: os.stat_result, path: Path) -> None:
    if stat.S_ISREG(status.st_mode):
        return
    what = "a folder" if stat.S_ISDIR(status.st_mode) else "a FIFO, socket or device"
    raise Refusal(f"{path.name} is {what}; expected a file. Name the file that holds the scan")
