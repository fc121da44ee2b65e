"""The header of a NRRD file as text: fields of the format, key/value pairs, and the names of a list of data files.

Source: G. Kindlmann, "Definition of NRRD File Format", teem.sourceforge.net/nrrd/format.html, sections 3 to 6.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from volest.images.faults import Refusal
from volest.images.limits import LONGEST_HEADER_BYTES

MOST_LINES = 2**12
"""Of a header, names of listed data files included."""

_MAGIC = re.compile(r"NRRD(000[1-5]|00\.01)")
_ALIASES = {
    "datafile": "data file",
    "lineskip": "line skip",
    "byteskip": "byte skip",
}
_FIELDS = {
    *("type", "dimension", "sizes", "encoding", "endian", "data file", "line skip", "byte skip"),
    *("space", "space dimension", "space directions", "space origin", "space units"),
    *("spacings", "units", "kinds"),
}
"""The fields that say where and what the voxels are. The others of the format are read over."""


@dataclass
class NrrdText:
    """A header, split but not interpreted.

    Attributes:
        fields: by their name in lower case, with the spaces of the format ("data file").
        pairs: key/value pairs, unescaped.
        listed: names of the data files where the header ends in `data file: LIST`.
    """

    fields: dict[str, str] = field(default_factory=dict)
    pairs: dict[str, str] = field(default_factory=dict)
    listed: list[str] = field(default_factory=list)


def read_text(file: BinaryIO) -> NrrdText:
    """Read a header up to its blank line; `file` then stands at the first byte after it.

    Raises:
        Refusal: the header has no end within `LONGEST_HEADER_BYTES` and `MOST_LINES`, holds NUL bytes, or
            contradicts itself.
        ValueError: it is no header of a NRRD file.
    """
    text = NrrdText()
    lines = _lines(file)
    if not _MAGIC.fullmatch(first := next(lines, "")):
        raise ValueError(f"it begins with {first[:8]!r}; expected 'NRRD0001' to 'NRRD0005'")
    for line in lines:
        if text.fields.get("data file", "")[:5] in ("LIST", "LIST "):
            text.listed.append(line)
        elif line.startswith("#"):
            continue
        elif (name := _field_name(line)) is not None:
            _add_field(text, name, line.partition(":")[2].strip())
        elif ":=" in line:
            key, _, value = line.partition(":=")
            text.pairs[key.strip()] = _unescaped(value.strip())
        elif ":" not in line:
            raise ValueError(f"the header holds {line[:40]!r}, which is neither a field nor a key/value pair")
    return text


def _lines(file: BinaryIO) -> Iterator[str]:
    """Lines up to the blank one.

    The format asks for ASCII; without the micro sign of either encoding micrometres would be metres.
    """
    left_bytes, left_lines = LONGEST_HEADER_BYTES, MOST_LINES
    while content := file.readline(left_bytes):
        left_bytes, left_lines = left_bytes - len(content), left_lines - 1
        if min(left_bytes, left_lines) <= 0:
            raise Refusal(
                f"its header has no end within {LONGEST_HEADER_BYTES // 2**20} MiB and {MOST_LINES} lines. "
                "The file is damaged or no NRRD file; export it again"
            )
        if b"\0" in content:
            raise Refusal("its header holds NUL bytes. The file is damaged; copy or export it again")
        if not (content := content.rstrip()):
            return
        try:
            yield content.decode("utf-8")
        except UnicodeDecodeError:
            yield content.decode("latin-1")


def _field_name(line: str) -> str | None:
    """Name of the field of ours that the line gives, which a key/value pair may bear too."""
    name, _, value = line.partition(":")
    name = " ".join(name.lower().split())
    name = _ALIASES.get(name, name)
    return name if name in _FIELDS and not value.startswith("=") else None


def _add_field(text: NrrdText, name: str, value: str) -> None:
    """The format forbids a field twice; twice the same does no harm, and of two values none is sure."""
    earlier = text.fields.setdefault(name, value)
    if earlier != value:
        raise Refusal(
            f"its header has two fields {name!r} that contradict each other: {earlier[:60]!r} and {value[:60]!r}. "
            "Remove the wrong one"
        )


def _unescaped(value: str) -> str:
    return value.replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\")
