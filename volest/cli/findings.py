"""Findings on the screen, worst first, one line for all scans that share one."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from rich.table import Table

from volest.audit.codes import CODES
from volest.audit.mending import Change
from volest.cli.severities import STYLES, tally
from volest.cli.tables import console
from volest.records.findings import Finding, worst_first
from volest.records.manifest import Manifest
from volest.wording import scans_of_patients

MOST_NAMED = 4
"""Scans that one line names; the rest is counted."""


def show_findings(findings: Sequence[Finding], manifest: Manifest, folder: Path) -> None:
    """The table, and what the manifest holds."""
    screen = console()
    if findings:
        table = Table("code", "", "what", "scans", "remedy", title="Findings")
        for _, group in groupby(worst_first(findings), key=lambda finding: finding.code):
            alike = list(group)
            table.add_row(*_cells(alike), style=STYLES[alike[0].severity])
        screen.print(table)
    volumes_ml = [scan.volume_ml for scan in manifest]
    screen.print(
        f"{scans_of_patients(len(manifest), len(manifest.patients))}, {min(volumes_ml):g} to {max(volumes_ml):g} mL: "
        f"{tally(findings)}. Each one: {folder / 'findings.json'}   Every scan: {folder / 'check.html'}",
        soft_wrap=True,
        highlight=False,
    )


def show_changes(changes: Sequence[Change], path: Path) -> None:
    """What `--fix` changed, one line for all rows with the same words."""
    screen = console()
    if not changes:
        screen.print("--fix: nothing that could be mended without doubt; no table was written.", highlight=False)
        return
    told = sorted(changes, key=lambda change: change.sentence)
    for sentence, group in groupby(told, key=lambda change: change.sentence):
        screen.print(f"{_named([change.scan_id for change in group])}: {sentence}", soft_wrap=True, highlight=False)
    screen.print(f"{path}: {len(changes)} changes; the manifest itself is as it was.", soft_wrap=True, highlight=False)


def _cells(alike: Sequence[Finding]) -> tuple[str, ...]:
    first = alike[0]
    scans = list(dict.fromkeys(scan_id for finding in alike for scan_id in finding.scan_ids))
    what = first.sentence if len(alike) == 1 else f"{CODES[first.code].title}, {len(alike)} times. {first.sentence}"
    return first.code, first.severity.value, what, _named(scans), first.remedy


def _named(scan_ids: Iterable[str]) -> str:
    names = list(scan_ids)
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
