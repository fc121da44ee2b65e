"""`volest index`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from volest.cli.options import QuietOption, choose_progress

if TYPE_CHECKING:
    from volest.datasets.index import IndexReport
    from volest.records.manifest import Manifest

MOST_LISTED = 5


def index(
    folder: Annotated[Path, Argument(metavar="DIR", help="Searched for scans, with its subfolders.")],
    labels: Annotated[Path | None, Option(help="CSV with scan_id, patient_id, volume_ml; path is optional.")] = None,
    out: Annotated[Path, Option(help="The manifest to write.")] = Path("manifest.csv"),
    patient_field: Annotated[str | None, Option(help="Header field of the patient, in place of a table.")] = None,
    volume_field: Annotated[str | None, Option(help="Header field of the volume in mL.")] = None,
    covariate_field: Annotated[list[str] | None, Option(help="Further header field to keep; any number.")] = None,
    quiet: QuietOption = False,
) -> None:
    """Match scans with their labels and write the manifest."""
    from volest.datasets.index import index_scans
    from volest.datasets.labels import HeaderFields
    from volest.errors import ManifestError
    from volest.records.manifest import write_manifest

    fields = None
    if patient_field is not None and volume_field is not None:
        fields = HeaderFields(patient_field, volume_field, tuple(covariate_field or ()))
    elif patient_field is not None or volume_field is not None or covariate_field:
        raise ManifestError(
            "labels from headers need both `--patient-field NAME` and `--volume-field NAME`. Give both."
        )
    manifest, report = index_scans(folder, labels, fields, choose_progress(quiet))
    write_manifest(manifest, out)
    if not quiet:
        _show(manifest, report, out)


def _show(manifest: "Manifest", report: "IndexReport", out: Path) -> None:
    from volest.cli.tables import console

    screen = console()
    low, high = report.range_ml
    screen.print(
        f"{out}: {len(manifest)} scans of {len(manifest.patients)} patients, {low:g} to {high:g} mL. "
        "Next: volest split, volest cv",
        soft_wrap=True,
        highlight=False,
    )
    for names in report.repeated:
        screen.print(f"same file content: {', '.join(names)}", style="yellow", soft_wrap=True, highlight=False)
    if report.unlabelled:
        named = ", ".join(str(path) for path in report.unlabelled[:MOST_LISTED])
        more = ", ..." if len(report.unlabelled) > MOST_LISTED else ""
        text = f"{len(report.unlabelled)} files without a label, left out: {named}{more}"
        screen.print(text, style="yellow", soft_wrap=True, highlight=False)
