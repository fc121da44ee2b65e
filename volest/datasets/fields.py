"""Labels that stand with each scan: in fields of its header, or of a JSON file beside it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from volest.datasets.columns import clean, column_of
from volest.datasets.workbook import Cell
from volest.errors import ManifestError
from volest.images.formats import read_header, scan_stem

_LARGEST_BYTES = 16 * 2**20


@dataclass(frozen=True)
class NamedFields:
    """Which fields hold which column.

    Attributes:
        of_column: column of the manifest to the name of its field; `patient.id` is `id` inside of `patient`.
        in_sidecar: they stand in `NAME.json` beside `NAME.nrrd` instead of its header.
    """

    of_column: Mapping[str, str] = field(default_factory=dict)
    in_sidecar: bool = False

    @property
    def place(self) -> str:
        """Where they stand, in words."""
        return "the sidecars" if self.in_sidecar else "the headers"


def parse_fields(
    patient: str | None, volume: str | None, others: Iterable[str] = (), in_sidecar: bool = False
) -> NamedFields | None:
    """The fields as named on the command line; None where none is.

    Args:
        patient: field of the patient_id.
        volume: field of the volume.
        others: NAME, or COLUMN=NAME where the column is to be called otherwise, such as date=StudyDate.
        in_sidecar: look for them in JSON beside the scans.

    Raises:
        ManifestError: a sidecar is to be read, but no field of it; or one column is named twice.
    """
    named = [("patient_id", patient), ("volume_ml", volume)]
    for other in others:
        column, _, name = other.partition("=")
        named.append((column_of(column.strip()), name.strip() or column.strip()))
    given = [(column, name) for column, name in named if name]
    columns = [column for column, _ in given]
    twice = [column for column in columns if columns.count(column) > 1]
    if twice:
        raise ManifestError(f"two fields are named for {twice[0]}. Name one.")
    if in_sidecar and not given:
        raise ManifestError(
            "--sidecar reads the fields that --patient-field, --volume-field and --covariate-field name. Name one."
        )
    return NamedFields(dict(given), in_sidecar) if given else None


def read_fields(named: NamedFields, files: Iterable[Path], folder: Path) -> list[dict[str, Cell]]:
    """The named fields of each file, in their order; those that a file lacks are left out.

    Raises:
        ManifestError: a field that no file has, a sidecar that is no JSON object, or a value that is no text or number.
        ScanError: a header that cannot be read.
    """
    files = list(files)
    told = [_sidecar(file) if named.in_sidecar else dict(read_header(file).fields) for file in files]
    rows = [
        {column: value for column, name in named.of_column.items() if (value := _cell(fields, name, file)) != ""}
        for fields, file in zip(told, files, strict=True)
    ]
    present = sorted({name for fields in told for name in _names(fields)})
    for column, name in named.of_column.items():
        if not any(column in row for row in rows):
            lacking = " (a sidecar is NAME.json beside NAME.nrrd)" if named.in_sidecar and not present else ""
            raise ManifestError(
                f"{folder}: none of {len(files)} scans has a field {name!r} in {named.place}. "
                f"Fields found: {', '.join(present) or 'none'}{lacking}. Name the right ones, or give a table "
                "with --labels."
            )
    return rows


def sidecar_path(scan: Path) -> Path:
    """Where the sidecar of a scan lies."""
    return scan.with_name(f"{scan_stem(scan)}.json")


def _sidecar(scan: Path) -> dict[str, object]:
    path = sidecar_path(scan)
    if not path.is_file():
        return {}
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise ValueError(f"more than {_LARGEST_BYTES // 2**20} MiB")
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ManifestError(f"sidecar {path} is no JSON: {error}. Correct it, or remove it.") from None
    if not isinstance(content, dict):
        raise ManifestError(f"sidecar {path}: expected an object with named fields, got a {type(content).__name__}.")
    return content


def _cell(fields: Mapping[str, object], name: str, file: Path) -> Cell:
    value: object = fields.get(name)
    if value is None:
        value = fields
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value).upper()
    if isinstance(value, int | float):
        return str(value) if isinstance(value, int) else value
    if isinstance(value, str):
        return clean(value)
    raise ManifestError(
        f"scan {file}: field {name!r} holds a {type(value).__name__}; expected text or a number. "
        "Name a field inside of it."
    )


def _names(fields: Mapping[str, object], within: str = "") -> Iterable[str]:
    for name, value in fields.items():
        if isinstance(value, dict):
            yield from _names(value, f"{within}{name}.")
        else:
            yield within + name
