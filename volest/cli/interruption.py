"""Ctrl-C that arrives where Python throws exceptions away."""

import _thread
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

AGAIN_S = 0.05


@contextmanager
def heard_interrupts() -> Iterator[None]:
    """Within it, a KeyboardInterrupt that a finaliser or a weakref callback has swallowed is sent once more.

    Python drops what is raised while it collects garbage, which takes a third of a second where networks are copied;
    a Ctrl-C of that moment would be printed and forgotten.
    """
    usual = sys.unraisablehook

    def hook(unraisable: "sys.UnraisableHookArgs") -> None:
        if unraisable.exc_type is KeyboardInterrupt:
            again = threading.Timer(AGAIN_S, _thread.interrupt_main)  # here it would be dropped a second time
            again.daemon = True
            again.start()
        else:
            usual(unraisable)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = usual
