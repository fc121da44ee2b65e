"""What long work tells whoever watches it. Libraries do not print; the command line shows this as bars or lines."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TypeVar, runtime_checkable

T = TypeVar("T")


@runtime_checkable
class Step(Protocol):
    """Called once for each piece of work that is done, with a word on how it stands."""

    def __call__(self, note: str = "") -> None: ...  # noqa: D102


@runtime_checkable
class Progress(Protocol):
    """Watches tasks of known length."""

    def task(self, title: str, total: int, done: int = 0) -> AbstractContextManager[Step]:
        """Start a task of `total` pieces, of which `done` were done before an interruption."""
        ...

    def tell(self, sentence: str) -> None:
        """Something to be read now, whatever task is going on."""
        ...


class Silent:
    """Watches nothing."""

    @contextmanager
    def task(self, title: str, total: int, done: int = 0) -> Iterator[Step]:
        """A task that nobody watches."""
        yield lambda note="": None

    def tell(self, sentence: str) -> None:
        """Nobody hears it."""


class Muted:
    """Passes tasks on, and keeps to itself what only matters to whoever trains for good."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def task(self, title: str, total: int, done: int = 0) -> AbstractContextManager[Step]:
        """The task of the other."""
        return self.progress.task(title, total, done)

    def tell(self, sentence: str) -> None:
        """Nobody hears it."""


def watch(items: Sequence[T], title: str, progress: Progress) -> Iterator[T]:
    """Yield the items, a step of the task each."""
    with progress.task(title, len(items)) as step:
        for item in items:
            yield item
            step()
