"""Tables in text files: in which encoding, and what parts their cells."""

import csv
from pathlib import Path

from volest.errors import ManifestError

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_LARGEST_BYTES = 64 * 2**20


def read_delimited(path: Path) -> tuple[list[list[str]], str]:
    """Read a file into rows of cells, and say how.

    The encoding is that of the byte-order mark, else UTF-8, else Windows-1252. The delimiter is a tab in a `.tsv`, the
    one that a first line `sep=;` names, else the one that parts the first line into most cells.

    Raises:
        ManifestError: no text, none at all, a first line in one piece, or two delimiters that part it equally well.
    """
    text, encoding = _decoded(path)
    if not text.strip():
        raise ManifestError(f"labels {path} is empty. Expected a row with names of columns, and a row per scan.")
    first, _, rest = text.partition("\n")
    if first.strip().casefold().startswith("sep=") and len(first.strip()) == 5:
        delimiter, text = first.strip()[4], "\n" + rest  # the line stays, so that rows keep their numbers
    else:
        delimiter = "\t" if path.suffix.casefold() == ".tsv" else _delimiter(text, path)
    try:
        rows = list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter, skipinitialspace=True, strict=True))
    except csv.Error as error:
        raise ManifestError(f"labels {path} cannot be read as a table: {error}. Save it again as CSV.") from None
    named = _DELIMITERS.get(delimiter, repr(delimiter))
    return rows, f"{named} between cells, {encoding}"


def _decoded(path: Path) -> tuple[str, str]:
    if path.stat().st_size > _LARGEST_BYTES:
        raise ManifestError(f"labels {path} has more than {_LARGEST_BYTES // 2**20} MiB; that is no table of labels.")
    content = path.read_bytes()
    marked = next((name for mark, name in _BYTE_ORDER_MARKS.items() if content.startswith(mark)), None)
    for encoding in [marked] if marked else ["utf-8", "cp1252"]:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            spoken = {"utf-8-sig": "UTF-8", "utf-8": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252"}[encoding]
            return text, spoken
    raise ManifestError(
        f"labels {path} is no text in UTF-8, UTF-16 or Windows-1252. Save it as .xlsx, or as CSV in UTF-8."
    )


def _delimiter(text: str, path: Path) -> str:
    head = next((line for line in text.splitlines() if line.strip()), "")
    cells = {delimiter: len(next(csv.reader([head], delimiter=delimiter))) for delimiter in _DELIMITERS}
    most = max(cells.values())
    best = [delimiter for delimiter, count in cells.items() if count == most]
    if most < 2:
        raise ManifestError(
            f"labels {path}: its first line {head.strip()[:80]!r} is one cell. Expected names of columns with a comma, "
            "semicolon, tab or bar between them."
        )
    if len(best) > 1:
        spoken = " and ".join(_DELIMITERS[delimiter] for delimiter in best)
        raise ManifestError(
            f"labels {path}: {spoken} part its first line equally well. Save it as .tsv or .xlsx, or rename columns."
        )
    return best[0]
