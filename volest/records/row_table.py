"""Tables that judge the scans of a run: a dataclass of texts and numbers a row."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from volest.errors import RunError
from volest.records import atomic

Row = TypeVar("Row")


def write_rows(rows: Iterable[Any], kind: type[Any], path: Path, float_format: str) -> None:
    """Write a line per row, a column per field of `kind`."""
    with atomic.replacing(path) as temporary:
        table = pd.DataFrame([asdict(row) for row in rows], columns=list(_types(kind)))
        table.to_csv(temporary, index=False, float_format=float_format)


def read_rows(kind: type[Row], path: Path, writer: str = "`volest cv`") -> list[Row]:
    """The rows again.

    Args:
        kind: of a row.
        path: of the table.
        writer: command that makes the table, for who has lost it.

    Raises:
        RunError: no such file, or no such table.
    """
    types = _types(kind)
    with readable(path, writer):
        table = pd.read_csv(path, dtype=types, keep_default_na=False)
        columns = (table[name] for name in types)
        return [
            kind(*(of(value) for of, value in zip(types.values(), row, strict=True)))
            for row in zip(*columns, strict=True)
        ]


@contextmanager
def readable(path: Path, writer: str = "`volest cv`") -> Iterator[None]:
    """Say of a table that `writer` wrote, or should have, why it cannot be read.

    Raises:
        RunError: no such file, or no such table.
    """
    try:
        yield
    except FileNotFoundError:
        raise RunError(
            f"{path} does not exist: the run was judged before volest recorded it. Run {writer} on it again; "
            "finished folds are not trained a second time."
        ) from None
    except (OSError, ValueError, KeyError) as error:
        raise RunError(f"{path} is damaged: {error}. Remove it and run {writer} again.") from None


def _types(kind: type[Any]) -> dict[str, Any]:
    """`str` or `float` of each field."""
    return {field.name: field.type for field in fields(kind)}
