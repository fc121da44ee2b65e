"""Why a training did not end, in one line: what a study or a search records before it goes on."""

from volest.errors import VolestError

FAILURES = (VolestError, MemoryError, RuntimeError, ValueError)
"""torch has no error of its own for memory or for rasters that are too small; any other error is a fault of ours."""


def reason_of(error: BaseException) -> str:
    """The message of ours, or the first line of another's."""
    if isinstance(error, VolestError | MemoryError):
        return str(error) or "out of memory"
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return f"out of memory: {reason}" if "memory" in reason else reason
