"""What a piece of work tells from afar, and how it is shown here."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from volest.progress import Progress, Step

SECONDS_BETWEEN_NEWS = 0.5


@dataclass(frozen=True)
class Standing:
    """How a task within a piece of work stands.

    Attributes:
        piece: its name.
        attempt: at the piece, from 0.
        host: the machine.
        task: tells it from earlier tasks of the attempt.
        has_ended: whether this is the last of it.
    """

    piece: str
    attempt: int
    host: str
    task: int
    title: str
    total: int
    done: int
    note: str
    has_ended: bool = False


@dataclass(frozen=True)
class Sentence:
    """Something to be read now."""

    piece: str
    text: str


News = Standing | Sentence


class Relay:
    """The progress of a piece of work, sent away now and then.

    Args:
        piece: its name.
        attempt: from 0.
        host: this machine.
        send: passes news on.
    """

    def __init__(self, piece: str, attempt: int, host: str, send: Callable[[News], None]) -> None:
        self.piece, self.attempt, self.host, self.send = piece, attempt, host, send
        self.tasks = 0

    @contextmanager
    def task(self, title: str, total: int, done: int = 0) -> Iterator[Step]:
        """A task that somebody watches from afar."""
        self.tasks += 1
        task, said, sent_at = self.tasks, "", time.monotonic()

        def tell(has_ended: bool = False) -> None:
            self.send(Standing(self.piece, self.attempt, self.host, task, title, total, done, said, has_ended))

        def step(note: str = "") -> None:
            nonlocal done, said, sent_at
            done, said = done + 1, note
            if time.monotonic() - sent_at >= SECONDS_BETWEEN_NEWS:
                sent_at = time.monotonic()
                tell()

        tell()
        yield step
        tell(has_ended=True)

    def tell(self, sentence: str) -> None:
        """Heard at once."""
        self.send(Sentence(self.piece, sentence))


class _CutShortError(Exception):
    """The task did not come to its end."""


class _Shown:
    """A task of the progress here that follows one from afar."""

    def __init__(self, standing: Standing, progress: Progress) -> None:
        self.task, self.done = standing.task, standing.done
        title = standing.title.removeprefix(f"{standing.piece}: ")
        where = f"{standing.piece} on {standing.host}: {title}"
        self._context: AbstractContextManager[Step] = progress.task(where, standing.total, standing.done)
        self._step = self._context.__enter__()

    def follow(self, standing: Standing) -> None:
        while self.done < standing.done:
            self.done += 1
            self._step(standing.note)

    def close(self, is_cut_short: bool) -> None:
        if is_cut_short:
            self._context.__exit__(_CutShortError, _CutShortError(), None)
        else:
            self._context.__exit__(None, None, None)


class Display:
    """Shows the latest task of each piece of work that is at work."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self._shown: dict[str, _Shown] = {}
        self._open: dict[str, int] = {}

    def open(self, piece: str, attempt: int) -> None:
        """A piece of work begins, or begins again: what is still told of an earlier attempt is not shown."""
        self._open[piece] = attempt

    def show(self, news: Iterable[News]) -> None:
        """Bring what is seen up to date."""
        for item in news:
            if isinstance(item, Sentence):
                named = item.text.startswith(item.piece)
                self.progress.tell(item.text if named else f"{item.piece}: {item.text}")
            elif self._open.get(item.piece) == item.attempt:  # else it comes late
                self._follow(item)

    def _follow(self, standing: Standing) -> None:
        shown = self._shown.get(standing.piece)
        if shown is None or shown.task != standing.task:
            self._drop(standing.piece, is_cut_short=True)
            shown = self._shown[standing.piece] = _Shown(standing, self.progress)
        shown.follow(standing)
        if standing.has_ended:
            self._drop(standing.piece, is_cut_short=False)

    def close(self, piece: str, is_cut_short: bool) -> None:
        """Nothing more is shown of a piece of work."""
        self._open.pop(piece, None)
        self._drop(piece, is_cut_short)

    def _drop(self, piece: str, is_cut_short: bool) -> None:
        if (shown := self._shown.pop(piece, None)) is not None:
            shown.close(is_cut_short)

    def close_all(self) -> None:
        """Nothing more is shown."""
        for piece in list(self._shown):
            self.close(piece, is_cut_short=True)
