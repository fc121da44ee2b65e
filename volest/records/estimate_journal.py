"""Estimates while they are being made: a file beside the table, a line a scan, that an interrupted work goes on from.

The first line says what the work is; each further one is a row as JSON, written whole or not at all: what the last one
lacks after a kill is dropped. The table itself is written at the end, in one step, so that a part never looks like it.

Shards of the scans may be estimated apart from each other. The journal of one that has ended lies in a folder beside
the table, until the rows before its own are there.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from volest.errors import RunError
from volest.records import atomic
from volest.records.estimates import EstimateRow
from volest.records.lock import locked

ROW = TypeAdapter(EstimateRow)

SHARD = re.compile(r"(\d+)-(\d+)")
"""Name of an ended shard: its first and its last scan, from 1."""


class Work(BaseModel):
    """What makes the rows what they are: only the same work goes on from a journal.

    Attributes:
        volest_version: that reads the scans.
        run_sha256: of the networks and of all else that they are used with.
        scans_sha256: of the names of the scans, in their order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    volest_version: str
    run_sha256: str
    scans_sha256: str


NAMES = {
    "volest_version": "the version of volest",
    "run_sha256": "the run",
    "scans_sha256": "the list of scans",
}


class EstimateJournal:
    """What the networks have said so far, in the order of the scans.

    Attributes:
        done: their number.
        shards: the folder of ended shards.
    """

    def __init__(self, path: Path, file: BinaryIO, done: int) -> None:
        self.path = path
        self.done = done
        self.shards = _shards(path)
        self._file = file

    def append(self, row: EstimateRow) -> None:
        """Add a row; a process that is killed afterwards has it on disk."""
        with atomic.naming(self.path):
            self._file.write(json.dumps(ROW.dump_python(row)).encode() + b"\n")  # pydantic's own JSON has no infinity
            self._file.flush()
        self.done += 1

    def shard(self, first: int, end: int) -> Path:
        """Where the scans from `first` up to `end` are left once they have ended."""
        return self.shards / f"{first + 1}-{end}"

    def ended_shards(self) -> list[tuple[int, int]]:
        """First scan and end of each, in their order."""
        names = (SHARD.fullmatch(path.name) for path in self.shards.glob("*-*"))
        return sorted((int(name[1]) - 1, int(name[2])) for name in names if name)

    def take_up(self, first: int, end: int) -> int:
        """Add the rows of an ended shard that are not held yet, unless others are missing before; their number."""
        if not first <= self.done < end:
            return 0
        before = self.done
        for row in islice(read_rows(self.shard(first, end)), before - first, None):
            self.append(row)
        return self.done - before

    def keep(self, path: Path) -> None:
        """Put the file, whole now, at `path`: a part that will be joined with others by `read_rows`."""
        with atomic.naming(path):
            os.fsync(self._file.fileno())
            self.path.replace(path)

    def __iter__(self) -> Iterator[EstimateRow]:
        """Every row, read from the file: none is held in memory."""
        return read_rows(self.path)


def read_rows(path: Path) -> Iterator[EstimateRow]:
    """The rows of a journal, one by one."""
    with path.open("rb") as file:
        next(file)
        yield from map(ROW.validate_json, file)


def journal_path(table: Path) -> Path:
    """Beside the table: `volumes.csv.partial`."""
    return table.with_name(f"{table.name}.partial")


@contextmanager
def estimate_journal(table: Path, work: Work) -> Iterator[EstimateJournal]:
    """The journal of `table`, with what an interrupted work has left if there is any; removed when all goes well.

    Raises:
        RunError: it holds other work, is none, or another process writes to it.
    """
    path = journal_path(table)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.with_name(f".{path.name}.lock")
    with locked(lock, f"{path} is being written by"):
        if not path.exists():
            shutil.rmtree(_shards(path), ignore_errors=True)  # those of another work
            atomic.write_text(path, work.model_dump_json() + "\n")
        done = _keep_whole_rows(path, work)
        with path.open("ab") as file:
            yield EstimateJournal(path, file, done)
        path.unlink(missing_ok=True)
        shutil.rmtree(_shards(path), ignore_errors=True)
        lock.unlink(missing_ok=True)


def _shards(path: Path) -> Path:
    return path.with_suffix(".shards")


def _keep_whole_rows(path: Path, work: Work) -> int:
    """Number of rows, after whatever follows the last whole one was cut off."""
    with path.open("rb+") as file:
        _require_same(path, file.readline(), work)
        rows, end = 0, file.tell()
        for line in file:
            if not _is_row(line):
                break
            rows, end = rows + 1, end + len(line)
        file.truncate(end)
    return rows


def _is_row(line: bytes) -> bool:
    try:
        ROW.validate_json(line)
    except ValidationError:
        return False
    return line.endswith(b"\n")


def _require_same(path: Path, header: bytes, work: Work) -> None:
    try:
        begun = Work.model_validate_json(header)
    except ValidationError:
        raise RunError(
            f"{path} is no unfinished table of `volest predict`, which it would be gone on from. Remove it, or choose "
            "another `--out`."
        ) from None
    changed = [said for name, said in NAMES.items() if getattr(begun, name) != getattr(work, name)]
    if changed:
        raise RunError(
            f"{path} was begun by a `volest predict` that differs in {', '.join(changed)}. Repeat that one to finish "
            "it, remove the file to begin anew, or choose another `--out`."
        )
