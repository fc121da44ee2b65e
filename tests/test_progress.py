from contextlib import contextmanager

import pytest

from volest.progress import Progress, Silent, watch


class Notebook:
    """Writes down what it is told."""

    def __init__(self):
        self.lines = []

    @contextmanager
    def task(self, title, total, done=0):
        self.lines.append(f"{title} of {total}")
        yield lambda note="": self.lines.append("step")
        self.lines.append("end")

    def tell(self, sentence):
        self.lines.append(sentence)


def test_each_item_is_a_step_taken_after_its_work():
    notebook = Notebook()
    for item in watch("ab", "reading", notebook):
        notebook.lines.append(item)
    assert notebook.lines == ["reading of 2", "a", "step", "b", "step", "end"]


def test_nothing_to_do_is_a_task_too():
    notebook = Notebook()
    assert list(watch([], "reading", notebook)) == []
    assert notebook.lines == ["reading of 0", "end"]


def test_work_that_fails_does_not_end():
    notebook = Notebook()

    def work():
        for item in watch([1, 0], "dividing", notebook):
            notebook.lines.append(1 // item)

    with pytest.raises(ZeroDivisionError, match="by zero"):
        work()
    assert notebook.lines == ["dividing of 2", 1, "step"]


@pytest.mark.parametrize("watcher", [Silent(), Notebook()])
def test_watchers_watch(watcher):
    assert isinstance(watcher, Progress)


def test_silence_is_kept(capsys):
    assert list(watch([1, 2], "reading", Silent())) == [1, 2]
    with Silent().task("training", 5, done=3) as step:
        step("epoch 1")
    assert capsys.readouterr() == ("", "")
