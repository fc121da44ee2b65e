import io

import pytest
from rich.console import Console

from volest.cli import bars
from volest.cli.bars import Bars
from volest.progress import Progress, watch


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test sets."""

    class Clock:
        now = 100.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(bars, "time", clock)
    return clock


def test_off_a_terminal_a_line_is_written_now_and_then_and_at_the_end(clock, capsys):
    with Bars().task("reading", 100, done=20) as step:
        for second in range(25):
            clock.now = 100.0 + second
            step(f"at {second} s")
    assert capsys.readouterr().err.splitlines() == [
        "reading: 31/100  at 10 s",
        "reading: 41/100  at 20 s",
        "reading: done in 24 s  at 24 s",
    ]


def test_work_that_fails_is_not_called_done(capsys):
    with pytest.raises(ZeroDivisionError, match="division"), Bars().task("reading", 2):
        _ = 1 / 0
    assert "done" not in capsys.readouterr().err


def test_on_a_terminal_there_is_a_bar():
    shown = io.StringIO()
    progress = Bars()
    progress.console = Console(file=shown, force_terminal=True, width=100)
    assert list(watch("abc", "reading", progress)) == ["a", "b", "c"]
    assert "reading" in shown.getvalue()
    assert "3/3" in shown.getvalue()


def test_tasks_within_a_task_end_in_any_order_and_leave_its_bar():
    shown = io.StringIO()
    progress = Bars()
    progress.console = Console(file=shown, force_terminal=True, width=100)
    with progress.task("folds", 2) as step:
        one, other = progress.task("fold 0", 5), progress.task("fold 1", 5)
        for task in (one, other):
            task.__enter__()()
        step()
        for task in (one, other):
            task.__exit__(None, None, None)
        step()
    last = shown.getvalue().rpartition("\x1b[2K")[2]
    assert "fold 0" in shown.getvalue()
    assert "2/2" in last
    assert "fold 0" not in last
    with progress.task("again", 1) as step:
        step()
    assert "1/1" in shown.getvalue()


def test_bars_watch_as_libraries_ask():
    assert isinstance(Bars(), Progress)


def test_what_is_told_is_a_line_of_its_own(capsys):
    bars = Bars()
    with bars.task("training", 2) as step:
        step()
        bars.tell("fold 0 [a]: look")
    assert "fold 0 [a]: look\n" in capsys.readouterr().err
