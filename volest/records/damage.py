"""A record of JSON is read in one way, and what is wrong with one that cannot be read is said in one."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from volest.errors import RunError
from volest.records.file_size import require_size

Record = TypeVar("Record")


def read_json(path: Path, parse: Callable[[str], Record], missing: str, largest_bytes: int | None = None) -> Record:
    """What `parse` makes of the file; `missing` follows "does not exist" in the message.

    Raises:
        RunError: no such file, it is larger than allowed, or its content is not that of such a record.
    """
    try:
        if largest_bytes is not None:
            require_size(path, largest_bytes)
        return parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(f"{path} does not exist{missing}") from None
    except (ValidationError, UnicodeDecodeError) as error:
        raise damaged(path, error) from None


def damaged(path: Path, error: ValidationError | UnicodeDecodeError) -> RunError:
    """The first fault in one paragraph: a report of all of them has lines without end, and pydantic's addresses."""
    fault, more = str(error), ""
    if isinstance(error, ValidationError):
        first, *others = error.errors()
        key = ".".join(map(str, first["loc"]))
        fault = f"{key}: {first['msg']}" if key else first["msg"]
        more = f", and {len(others)} more" if others else ""
    return RunError(f"{path} is damaged or from another version of volest: {fault}{more}. Copy the run anew.")
