import signal
import sys
import time
import weakref

import pytest

from volest.cli.interruption import heard_interrupts


class Thing:
    pass


def work(seconds):
    """Ctrl-C while a weakref callback runs, from which Python lets no exception out; then some time passes."""
    thing = Thing()
    watcher = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGINT))
    del thing
    assert watcher() is None
    time.sleep(seconds)


@pytest.fixture
def _ctrl_c_is_heard(monkeypatch):
    """As on a terminal; a background job ignores it."""
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    yield
    signal.signal(signal.SIGINT, usual)


@pytest.mark.usefixtures("_ctrl_c_is_heard")
def test_a_swallowed_ctrl_c_is_sent_once_more():
    with pytest.raises(KeyboardInterrupt), heard_interrupts():
        work(5)


@pytest.mark.usefixtures("_ctrl_c_is_heard")
def test_python_itself_forgets_it():
    work(0.3)


def test_other_faults_of_finalisers_go_where_they_went(monkeypatch):
    seen = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: seen.append(unraisable.exc_type))
    usual = sys.unraisablehook
    with heard_interrupts():
        thing = Thing()
        watcher = weakref.ref(thing, lambda _: 1 / 0)
        del thing
    assert (seen, watcher()) == ([ZeroDivisionError], None)
    assert sys.unraisablehook is usual
