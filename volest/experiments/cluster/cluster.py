"""Pieces of work sent to machines, until each has ended: the lost ones are sent again."""

import sys
from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, runtime_checkable

from volest.config.cluster import ClusterConfig
from volest.errors import RunError
from volest.experiments.cluster.news import Display, News
from volest.experiments.cluster.piece import Crew, Errand, Piece, Sign
from volest.experiments.cluster.sight import comes_in_sight
from volest.progress import Progress
from volest.records.lock import locked, owner_of

DRIVER_LOCK = ".driver.lock"

WAIT_S = 0.5
"""For an end, before news is looked at."""

MOST_AT_A_TIME = 256
"""Errands that are sent out: an autoscaler sees them, and no memory grows with their number."""


@dataclass(frozen=True)
class Ended:
    """How an errand has ended.

    Attributes:
        lost: why it did not come to its end, in words; empty where it did.
    """

    errand: Hashable
    lost: str = ""


@runtime_checkable
class Machines(Protocol):
    """What carries out errands."""

    def send(self, errand: Errand) -> Hashable:
        """Begin; what stands for it."""
        ...

    def ended(self, wait_s: float) -> Sequence[Ended]:
        """Those that have ended; waits for the first of them. The error of one that failed is raised."""
        ...

    def news(self) -> Sequence[News]:
        """What was told since."""
        ...

    def cancel(self) -> None:
        """Stop everything that is under way, and wait until it has stopped."""
        ...

    def room(self) -> int:
        """Errands that the machines which are there now can carry out at a time."""
        ...


class Cluster:
    """Machines, and what each piece of work may take of them."""

    def __init__(self, machines: Machines, config: ClusterConfig) -> None:
        self.machines, self.config = machines, config

    @property
    def places(self) -> int:
        """Pieces of work that are carried out at a time."""
        return self.config.tasks or max(1, self.machines.room())

    def at(self, directory: Path) -> Crew:
        """What carries out pieces of work that write in `directory`."""
        return partial(self.carry_out, directory)

    def carry_out(self, directory: Path, pieces: Sequence[Piece], progress: Progress) -> None:
        """Have the pieces of work done, in any order; one that is lost goes on elsewhere.

        Args:
            directory: where they write, on storage that all machines share; locked meanwhile.
            pieces: each under a name of its own.
            progress: told how they stand.

        Raises:
            OccupiedError: another driver works in the directory.
            RunError: a piece was lost too often, or its results are not seen here.
            VolestError, OSError: of a piece; the others are stopped, and keep their checkpoints.
            KeyboardInterrupt: Ctrl-C; all are stopped.
        """
        if not pieces:
            return
        if not self.machines.room():
            claim = f"{_counted(self.config.cpus, 'CPU')} and {_counted(self.config.gpus, 'GPU')}"
            progress.tell(
                f"no machine of the cluster has {claim} (cluster.cpus, cluster.gpus): waiting for one that joins; "
                "Ctrl-C gives up."
            )
        lock = directory.absolute() / DRIVER_LOCK
        with locked(lock, f"{directory} is being worked on with `--cluster` by"):
            sign = Sign(owner_of(lock), owner_of(lock).read_text(encoding="utf-8"))
            _Round(self, pieces, sign, progress).run()


@dataclass
class _Course:
    """A piece of work, from its first errand to its last.

    Attributes:
        attempt: from 0.
        losses: since it last got on.
        standing: of the piece, when it was last lost.
    """

    piece: Piece
    attempt: int = 0
    losses: int = 0
    standing: object = None

    def lose(self) -> None:
        """It goes on with another attempt, if with any."""
        before, self.standing = self.standing, self.piece.standing()
        self.losses = self.losses + 1 if self.standing == before else 1
        self.attempt += 1


class _Round:
    """Some pieces of work, from the first errand to the last."""

    def __init__(self, cluster: Cluster, pieces: Sequence[Piece], sign: Sign, progress: Progress) -> None:
        self.machines, self.config, self.sign, self.progress = cluster.machines, cluster.config, sign, progress
        self.count = len(pieces)
        self.waiting = deque(_Course(piece) for piece in pieces)
        self.under_way: dict[Hashable, _Course] = {}
        self.display = Display(progress)

    def run(self) -> None:
        most = self.config.tasks or MOST_AT_A_TIME
        with self.progress.task(f"{self.count} pieces of work on the cluster", self.count) as step:
            try:
                while self.waiting or self.under_way:
                    while self.waiting and len(self.under_way) < most:
                        self._send(self.waiting.popleft())
                    ends = self.machines.ended(WAIT_S)
                    self.display.show(self.machines.news())
                    for end in ends:
                        if (piece := self._take_in(end)) is not None:
                            step(piece.name)
            except BaseException:
                self.machines.cancel()
                raise
            finally:
                self.display.close_all()

    def _send(self, course: _Course) -> None:
        errand = Errand(
            name=course.piece.name,
            work=course.piece.work,
            attempt=course.attempt,
            threads=self.config.cpus,
            folder=Path.cwd(),
            command=tuple(sys.argv),
            sign=self.sign,
        )
        self.display.open(errand.name, errand.attempt)
        self.under_way[self.machines.send(errand)] = course

    def _take_in(self, end: Ended) -> Piece | None:
        """The piece if there is nothing more to do about it."""
        course = self.under_way.pop(end.errand)
        piece = course.piece
        self.display.close(piece.name, is_cut_short=bool(end.lost))
        if not end.lost:
            self._require_arrived(piece)
            return piece
        course.lose()
        if course.losses <= self.config.retries:
            self.progress.tell(
                f"{piece.name}: {end.lost}. It is sent out again (retry {course.losses} of {self.config.retries}) and "
                "goes on from what it has left behind."
            )
            self.waiting.appendleft(course)
            return None
        piece.give_up(
            f"{piece.name} was lost {_counted(course.losses, 'time')}, in the end because {end.lost}. Where memory "
            "runs out, cluster.cpus keeps others off the machine; cluster.retries allows more attempts. The same "
            "command goes on."
        )
        return piece

    def _require_arrived(self, piece: Piece) -> None:
        if not comes_in_sight(piece.has_arrived):
            raise RunError(
                f"{piece.name} has ended, but its results are not in {self.sign.path.parent} here. Mount the same "
                "storage at the same place on all machines of the cluster, this one included."
            )


def _counted(count: float, noun: str) -> str:
    return f"{count:g} {noun}" if count == 1 else f"{count:g} {noun}s"
