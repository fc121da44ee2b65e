"""`volest index`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from volest.cli.options import QuietOption, choose_progress
from volest.datasets.dates import DateOrder
from volest.datasets.numerals import DecimalSign
from volest.datasets.units import Unit
from volest.wording import scans_of_patients

if TYPE_CHECKING:
    from volest.datasets.index_report import IndexReport
    from volest.records.manifest import Manifest

MOST_LISTED = 5


def index(
    folder: Annotated[Path, Argument(metavar="DIR", help="Searched for scans, with its subfolders.")],
    labels: Annotated[Path | None, Option(help="Table with a row per scan: .csv, .tsv, .xlsx.")] = None,
    sheet: Annotated[str | None, Option(help="Sheet of the table, where several hold something.")] = None,
    column: Annotated[
        list[str] | None,
        Option(metavar="COLUMN=NAME", help="Name in the table: volume_ml='Volumen [cm³]'; any number."),
    ] = None,
    pattern: Annotated[
        str | None, Option(help="What paths below DIR tell: '{patient}/{date}_{scan}.nrrd'; * and **/ stand for any.")
    ] = None,
    patient_field: Annotated[str | None, Option(help="Header field of the patient.")] = None,
    volume_field: Annotated[str | None, Option(help="Header field of the volume.")] = None,
    covariate_field: Annotated[
        list[str] | None, Option(metavar="[COLUMN=]NAME", help="Further header field to keep; any number.")
    ] = None,
    sidecar: Annotated[bool, Option("--sidecar", help="Fields stand in NAME.json beside each scan.")] = False,
    masks: Annotated[
        str | None, Option(help="Masks beside scans: '{scan}_mask.nrrd'; without a volume, theirs is taken.")
    ] = None,
    mask_label: Annotated[list[int] | None, Option(help="Value that is inside a mask; any number.")] = None,
    unit: Annotated[Unit | None, Option(help="Of the volumes; default: ml.", case_sensitive=False)] = None,
    decimal: Annotated[DecimalSign | None, Option(help="Decimal sign, where cells do not show it.")] = None,
    dates: Annotated[DateOrder | None, Option(help="Order of dates, where cells do not show it.")] = None,
    allow_missing: Annotated[bool, Option("--allow-missing", help="Leave out rows without a file.")] = False,
    out: Annotated[Path, Option(help="The manifest to write.")] = Path("manifest.csv"),
    quiet: QuietOption = False,
) -> None:
    """Match scans with their labels and write the manifest."""
    from volest.datasets.columns import parse_columns
    from volest.datasets.conversion import Conventions
    from volest.datasets.fields import parse_fields
    from volest.datasets.index import index_scans
    from volest.datasets.labels import LabelSources
    from volest.datasets.pattern import PathPattern
    from volest.records.manifest import write_manifest

    sources = LabelSources(
        table=labels,
        sheet=sheet,
        columns=parse_columns(column or ()),
        pattern=PathPattern(pattern) if pattern else None,
        fields=parse_fields(patient_field, volume_field, covariate_field or (), sidecar),
        masks=masks,
        mask_labels=tuple(mask_label or ()),
        conventions=Conventions(unit, decimal, dates),
        allow_missing=allow_missing,
    )
    manifest, report = index_scans(folder, sources, choose_progress(quiet))
    write_manifest(manifest, out)
    if not quiet:
        _show(manifest, report, out)


def _show(manifest: "Manifest", report: "IndexReport", out: Path) -> None:
    from volest.cli.tables import console

    screen = console()
    low, high = report.range_ml
    lines = [f"{column:<12} {where}" for column, where in report.columns.items()]
    if report.table:
        lines.insert(0, f"{'table':<12} {report.table}")
    screen.print(
        f"{out}: {scans_of_patients(len(manifest), len(manifest.patients))}, {low:g} to {high:g} mL. "
        "Next: volest check, volest split, volest cv",
        *(f"  {line}" for line in lines),
        sep="\n",
        soft_wrap=True,
        highlight=False,
    )
    left_out = (
        ("files without a label, left out", report.unlabelled),
        ("files that do not fit the pattern, left out", report.unfit),
        ("rows without a file, left out", report.rows_without_file),
        ("masks without a scan", report.masks_without_scan),
    )
    warnings = [f"same file content: {', '.join(names)}" for names in report.repeated]
    warnings += [f"{len(things)} {what}: {_some(things)}" for what, things in left_out if things]
    for text in (*warnings, *report.notes):
        screen.print(text, style="yellow", soft_wrap=True, highlight=False)


def _some(things: Sequence[object]) -> str:
    more = f", and {len(things) - MOST_LISTED} more" if len(things) > MOST_LISTED else ""
    return ", ".join(map(str, things[:MOST_LISTED])) + more
