"""Work that is done while its results so far are being used."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")

AHEAD = 2
"""Results that wait at most: their memory does not grow with the number of items."""


def read_ahead(make: Callable[[Item], Made], items: Iterable[Item]) -> Generator[Made]:
    """Yield `make` of each item, in their order, made one after the other in a thread of its own.

    What `make` raises is raised here, in its turn. A reader that is closed drops what nobody has begun to make.
    """
    waiting: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(max_workers=1) as thread:
        try:
            for item in items:
                waiting.append(thread.submit(make, item))
                if len(waiting) > AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
