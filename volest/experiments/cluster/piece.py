"""What a cluster carries out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from volest.errors import RunError
from volest.progress import Progress


def _nothing_to_wait_for() -> bool:
    return True


def _not_seen() -> None:
    return None


def _stop(reason: str) -> None:
    raise RunError(reason)


@dataclass(frozen=True)
class Piece:
    """A piece of work that may begin anywhere, be killed at any time, and go on elsewhere.

    Attributes:
        name: by which the user knows it, such as "fold 3".
        work: done on a machine of the cluster, what is there already left as it is; its results are files.
        has_arrived: whether these files are seen from here; shared storage may take its time.
        give_up: told why, once it was lost too often; as it stands, everything stops with that reason.
        standing: how far it has come, where that is seen from here; once it has changed, losses are counted anew.
    """

    name: str
    work: Callable[[Progress], object]
    has_arrived: Callable[[], bool] = _nothing_to_wait_for
    give_up: Callable[[str], None] = _stop
    standing: Callable[[], object] = _not_seen


Crew = Callable[[Sequence[Piece], Progress], None]
"""Carries out pieces of work."""


@dataclass(frozen=True)
class Sign:
    """A file that the driver has written and every machine must see, or storage is not shared."""

    path: Path
    text: str


@dataclass(frozen=True)
class Errand:
    """A piece of work as it is sent to a machine.

    Attributes:
        name: of the piece.
        work: of the piece.
        attempt: from 0.
        threads: to compute with.
        folder: in which the command was given; names of files may be relative to it.
        command: as it was given.
        sign: to be seen before anything is done.
    """

    name: str
    work: Callable[[Progress], object]
    attempt: int
    threads: int
    folder: Path
    command: tuple[str, ...]
    sign: Sign
