"""How large a file is, asked before it is read: a stranger's run may hold anything."""

import stat
from pathlib import Path

from volest.errors import RunError


def require_size(path: Path, largest_bytes: int) -> None:
    """Refuse what is no file, or larger than any file of its kind.

    Raises:
        RunError: a folder, a device or a pipe, or too many bytes.
        FileNotFoundError: nothing is there.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise RunError(f"{path} is no file. Expected one that volest wrote; copy the run directory anew.")
    if status.st_size > largest_bytes:
        raise RunError(
            f"{path} has {status.st_size} bytes; a file of its kind has at most {largest_bytes}. It is not read: copy "
            "the run directory anew, from where it was trained."
        )
