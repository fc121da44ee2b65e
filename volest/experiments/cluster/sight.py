"""What is written on one machine is seen on another after a while."""

import time
from collections.abc import Callable

SIGHT_S = 60.0
"""In which a file that was written elsewhere is seen here: NFS remembers for so long that there was none."""

LOOK_S = 1.0


def comes_in_sight(is_seen: Callable[[], bool]) -> bool:
    """Whether it is seen, now or within `SIGHT_S`."""
    until = time.monotonic() + SIGHT_S
    while not is_seen():
        if time.monotonic() >= until:
            return False
        time.sleep(LOOK_S)
    return True
