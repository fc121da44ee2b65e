"""Who may write to the journal of a search."""

import os
from pathlib import Path

from optuna.storages.journal import JournalFileOpenLock

from volest.records.lock import system_lock


class JournalLock(JournalFileOpenLock):
    """Held while a line is appended.

    The system frees it when its process dies, which Optuna's own locks wait half a minute for. Half a line that such a
    process has left is cut off, as it would spoil the next one and with it the journal.
    """

    def __init__(self, journal: Path) -> None:
        super().__init__(str(journal))
        self.journal = journal
        self.lock = system_lock(journal.with_name(f".{journal.name}.lock"))

    def acquire(self) -> bool:
        """Wait for it."""
        self.lock.acquire()
        with self.journal.open("rb+") as file:
            size = file.seek(0, os.SEEK_END)
            if size and (kept := _whole_lines(self.journal, size)) < size:
                file.truncate(kept)
        return True

    def release(self) -> None:
        """Let the next one write."""
        self.lock.release()


def _whole_lines(journal: Path, size: int) -> int:
    """Bytes up to the end of the last whole line."""
    with journal.open("rb") as file:
        file.seek(size - 1)
        if file.read(1) == b"\n":
            return size
        file.seek(0)
        return file.read(size).rfind(b"\n") + 1
