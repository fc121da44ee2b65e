"""What is wrong with a record that cannot be read."""

from pathlib import Path

from pydantic import ValidationError

from volest.errors import RunError


def damaged(path: Path, error: ValidationError | UnicodeDecodeError) -> RunError:
    """The first fault in one paragraph: a report of all of them has lines without end, and pydantic's addresses."""
    fault, more = str(error), ""
    if isinstance(error, ValidationError):
        first, *others = error.errors()
        key = ".".join(map(str, first["loc"]))
        fault = f"{key}: {first['msg']}" if key else first["msg"]
        more = f", and {len(others)} more" if others else ""
    return RunError(f"{path} is damaged or from another version of volest: {fault}{more}. Copy the run anew.")
