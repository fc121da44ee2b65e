"""What the user says of the labels: a table, the paths of the scans, fields of each scan, masks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from volest.datasets.columns import column_of, missing_column
from volest.datasets.conversion import Conventions
from volest.datasets.fields import NamedFields
from volest.datasets.pattern import PathPattern
from volest.errors import ManifestError

TABLES = (".csv", ".tsv", ".xlsx")

_ELSEWHERE = {
    "patient_id": "from paths by --pattern '{patient}/...', or from header fields by --patient-field",
    "volume_ml": "from header fields by --volume-field, or from masks by --masks '{scan}_mask.nrrd'",
}


@dataclass(frozen=True)
class LabelSources:
    """What the user says of the labels.

    Attributes:
        table: spreadsheet with a row per scan.
        sheet: of the table, where it is a workbook.
        columns: column of the manifest to its name in the table.
        pattern: what the path of a scan below the folder tells.
        fields: of the headers, or of sidecars.
        masks: where the mask of a scan lies; gives the volume where nothing else does.
        mask_labels: values of a mask that are inside.
        conventions: how numbers and dates are written.
        allow_missing: leave out rows without a file.
    """

    table: Path | None = None
    sheet: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    pattern: PathPattern | None = None
    fields: NamedFields | None = None
    masks: str | None = None
    mask_labels: tuple[int, ...] = ()
    conventions: Conventions = field(default_factory=Conventions)
    allow_missing: bool = False


def require_labels(sources: LabelSources, columns: Sequence[str] | None, folder: Path) -> None:
    """Refuse sources that give no patient, no volume, or two volumes, before any cell is read.

    Args:
        sources: what the user says.
        columns: of the table, those that were named having the name of the manifest; None without a table.
        folder: of the scans.

    Raises:
        ManifestError: with the likeliest remedy.
    """
    given = {
        f"the table {sources.table}": set(columns or ()),
        "the paths": {column_of(name) for name in sources.pattern.fields} if sources.pattern else set(),
        "the fields": set(sources.fields.of_column) if sources.fields else set(),
    }
    if not any(given.values()) and sources.masks is None:
        raise ManifestError(_no_source(folder))
    volumes = [place for place, told in given.items() if "volume_ml" in told]
    if len(volumes) > 1:
        raise ManifestError(f"volume_ml stands in two places: {' and '.join(volumes)}. Name one place only.")
    _require_use(sources, volumes)
    told = set().union(*given.values(), {"volume_ml"} if sources.masks else set())
    for column, place in _ELSEWHERE.items():
        if column in told:
            continue
        if columns is not None:
            lacking = missing_column(column, columns, f"labels {sources.table}")
            raise ManifestError(f"{lacking} It can also come {place}.")
        raise ManifestError(f"no source tells {column}. It can come from a table by --labels, {place}.")


def _require_use(sources: LabelSources, volumes: Sequence[str]) -> None:
    """An option that would change nothing was meant to change something."""
    if sources.mask_labels and (sources.masks is None or volumes):
        lacking = f"the volume comes from {volumes[0]}" if volumes else "no masks were named"
        raise ManifestError(
            f"--mask-label is for volumes of masks, but {lacking}. Leave it out, or name --masks alone."
        )
    if sources.conventions.unit is not None and sources.masks is not None and not volumes:
        raise ManifestError(
            f"--unit {sources.conventions.unit} is for volumes that are written, but here they are measured in "
            "the masks, in mL. Leave it out."
        )


def _no_source(folder: Path) -> str:
    beside = sorted(path for path in folder.iterdir() if path.suffix.casefold() in TABLES)
    hint = f" A table lies there: --labels '{beside[0]}'?" if beside else ""
    return (
        "labels are missing: no source was named. Name one of them or several: a table (--labels TABLE), paths "
        "(--pattern '{patient}/{scan}.nrrd'), header fields (--patient-field NAME --volume-field NAME; with --sidecar "
        f"of JSON files), masks (--masks '{{scan}}_mask.nrrd').{hint}"
    )
