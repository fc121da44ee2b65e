"""Progress on the screen: bars on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

from volest.progress import Step

SECONDS_BETWEEN_LINES = 10.0


class Bars:
    """Shows each task on standard error, so that standard output holds results alone.

    Tasks may begin within another, and end in any order: their bars are drawn below its own while they last.
    """

    def __init__(self) -> None:
        self.console = Console(stderr=True)
        self._bars: Progress | None = None

    @contextmanager
    def task(self, title: str, total: int, done: int = 0) -> Iterator[Step]:
        """A bar, or lines where standard error is no terminal."""
        with self._bar(title, total, done) if self.console.is_terminal else self._lines(title, total, done) as step:
            yield step

    def tell(self, sentence: str) -> None:
        """A line of its own, above the bars."""
        self.console.print(sentence, markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def _bar(self, title: str, total: int, done: int) -> Iterator[Step]:
        if is_first := self._bars is None:
            self._bars = Progress(*_columns(), console=self.console)
            self._bars.start()
        bars = self._bars
        task = bars.add_task(title, total=total, completed=done, note="")
        try:
            yield lambda note="": bars.update(task, advance=1, note=note)
        finally:
            if is_first:
                bars.stop()
                self._bars = None
            else:
                bars.remove_task(task)

    @contextmanager
    def _lines(self, title: str, total: int, done: int) -> Iterator[Step]:
        lines = _Lines(title, total, done)
        yield lines.step
        lines.end()


def _columns() -> tuple[ProgressColumn, ...]:
    return (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        TextColumn("{task.fields[note]}"),
    )


class _Lines:
    """A line when what there is to say changes, at most one in `SECONDS_BETWEEN_LINES`."""

    def __init__(self, title: str, total: int, done: int) -> None:
        self.title, self.total, self.done, self.note = title, total, done, ""
        self.started = self.last = time.monotonic()

    def step(self, note: str = "") -> None:
        self.done += 1
        self.note = note
        if time.monotonic() - self.last >= SECONDS_BETWEEN_LINES:
            self._write(f"{self.done}/{self.total}")

    def end(self) -> None:
        self._write(f"done in {time.monotonic() - self.started:.0f} s")

    def _write(self, state: str) -> None:
        self.last = time.monotonic()
        sys.stderr.write(f"{self.title}: {state}  {self.note}".rstrip() + "\n")
        sys.stderr.flush()
