"""Columns of a manifest, the short names people use for them, and where a missing one may hide."""

import difflib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from volest.errors import ManifestError
from volest.records.manifest import OPTIONAL, REQUIRED

SHORT = {
    "scan": "scan_id",
    "patient": "patient_id",
    "date": "acquired_on",
    "volume": "volume_ml",
    "mask": "mask_path",
}
"""Short name of a column, as in `{patient}`, to its name in the manifest."""

_WORDS = {
    "scan_id": ("scan", "file", "datei", "image", "bild", "aufnahme"),
    "patient_id": ("patient", "subject", "proband", "pat", "pid", "case", "fall"),
    "path": ("path", "pfad"),
    "volume_ml": ("vol",),
    "mask_path": ("mask", "maske", "segment"),
    "acquired_on": ("date", "datum", "acquired"),
    "device": ("device", "gerät", "scanner"),
}
"""Parts of the names that people give to each column, in the order in which they are believed."""

_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\ufeff": None, "\u200b": None})


def clean(text: str) -> str:
    """Text as it is compared: composed (NFC), spaces of all kinds plain, none at the ends."""
    return unicodedata.normalize("NFC", text).translate(_SPACES).strip()


def column_of(name: str) -> str:
    """Column of the manifest that a short name stands for; any other name stands for itself."""
    return SHORT.get(name, name)


def parse_columns(texts: Iterable[str]) -> dict[str, str]:
    """Read `COLUMN=NAME` as given to `--column`: column of the manifest to name in the table.

    Raises:
        ManifestError: no `=`, an empty side, or a column or a name that is given twice.
    """
    named: dict[str, str] = {}
    for text in texts:
        column, _, name = (clean(part) for part in text.partition("="))
        if not (column and name):
            raise ManifestError(
                f"--column {text!r}: expected COLUMN=NAME, a column of the manifest and its name in the table, "
                "such as --column volume_ml='Volume [mL]'."
            )
        column = column_of(column)
        if column in named or name in named.values():
            raise ManifestError(f"--column {text!r}: this column was named before. Name each column once.")
        named[column] = name
    return named


def rename_columns(present: Sequence[str], named: Mapping[str, str], table: str) -> dict[str, str]:
    """Column of the table to column of the manifest; what is not named keeps its name.

    Raises:
        ManifestError: the table lacks a named column, or two columns would have one name.
    """
    renamed = {name: name for name in present}
    for column, name in named.items():
        found = _find(name, present)
        if found is None:
            near = difflib.get_close_matches(name, present, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ManifestError(f"{table}: no column {name!r} for {column}; it has {', '.join(present)}.{hint}")
        if column in present and column != found:
            raise ManifestError(
                f"{table}: {column} is to be read from {found!r}, but a column {column!r} stands there too. "
                "Remove or rename one of them."
            )
        renamed[found] = column
    return renamed


def missing_column(column: str, present: Sequence[str], table: str) -> str:
    """One sentence on a column that is not there, and the likeliest way to name it."""
    told = f"{table}: column {column!r} is missing; it has {', '.join(present)}."
    likely = suggest(column, present)
    return told + (f" Did you mean --column {column}={likely!r}?" if likely else "")


def suggest(column: str, present: Sequence[str]) -> str | None:
    """The column that most likely holds it; None where none looks like it."""
    free = [name for name in present if name not in (*REQUIRED, *OPTIONAL)]
    for word in _WORDS.get(column, ()):
        for name in free:
            if word in name.casefold():
                return name
    near = difflib.get_close_matches(column, free, n=1)
    return near[0] if near else None


def _find(name: str, present: Sequence[str]) -> str | None:
    if name in present:
        return name
    alike = [other for other in present if other.casefold() == name.casefold()]
    return alike[0] if len(alike) == 1 else None
