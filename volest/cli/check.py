"""`volest check`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Exit, Option

from volest.cli.options import (
    ConfigOption,
    ManifestArgument,
    QuietOption,
    SeedOption,
    SetOption,
    choose_progress,
    resolve_config,
)

if TYPE_CHECKING:
    from volest.audit.measures import ScanMeasures


def check(
    manifest: ManifestArgument = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    seed: SeedOption = None,
    out: Annotated[
        Path | None, Option(help="Folder of findings.json and check.html; default: `check` beside the manifest.")
    ] = None,
    fix: Annotated[bool, Option("--fix", help="Also write a corrected table beside the manifest.")] = False,
    workers: Annotated[int | None, Option(min=1, help="Processes that read scans.")] = None,
    quiet: QuietOption = False,
) -> None:
    """Audit a manifest and its scans; exit status 1 where there are errors."""
    import numpy as np

    from volest.audit.audit import audit_measures
    from volest.audit.measures import measure_scans
    from volest.cli.findings import show_findings
    from volest.records.findings import Severity, write_findings
    from volest.records.manifest import read_manifest
    from volest.report.check_page import write_check_page

    resolved = resolve_config(config, set_, seed)
    path = manifest or resolved.data.manifest
    table = read_manifest(path)
    measures = measure_scans(table, choose_progress(quiet), workers)
    folds = len(table.patients) if resolved.split.leave_one_patient_out else resolved.split.folds
    findings = audit_measures(measures, folds, np.random.default_rng(resolved.seed))
    folder = out or path.parent / "check"
    write_findings(findings, folder / "findings.json")
    write_check_page(measures, findings, folder / "check.html")
    show_findings(findings, table, folder)
    if fix:
        _fix(measures, path)
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise Exit(1)


def _fix(measures: "Sequence[ScanMeasures]", path: Path) -> None:
    from volest.audit.mending import mend, mended_path
    from volest.cli.findings import show_changes
    from volest.records.manifest import write_manifest

    mended, changes = mend(measures)
    if changes:
        write_manifest(mended, mended_path(path))
    show_changes(changes, mended_path(path))
