"""The table in a Markdown record, as rows of cells."""

import re
from dataclasses import dataclass

_RULE = re.compile(r"^\|[\s:|-]+\|$")


@dataclass(frozen=True)
class MarkdownTable:
    """The first table of a text.

    Attributes:
        before: the paragraph above it.
        items: lines of the list below it.
    """

    before: str
    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    items: tuple[str, ...]


def read_markdown_table(text: str) -> MarkdownTable | None:
    """None where there is no table."""
    lines = [line.strip() for line in text.splitlines()]
    table = [line for line in lines if line.startswith("|") and line.endswith("|") and not _RULE.match(line)]
    if len(table) < 2:
        return None
    heading, *rows = (tuple(cell.strip() for cell in line.strip("|").split("|")) for line in table)
    above = lines[: lines.index(table[0])]
    before = " ".join(line for line in above if line and not line.startswith("#"))
    items = tuple(line.removeprefix("- ") for line in lines if line.startswith("- "))
    return MarkdownTable(before, heading, tuple(rows), items)
