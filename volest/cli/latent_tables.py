"""Latents on the screen: the verdict first, then the figures behind it."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.table import Table

from volest.cli.agreement_tables import both, comparison_table
from volest.cli.tables import console
from volest.evaluation.latents.neighbours import Neighbourhood
from volest.evaluation.latents.projection import has_umap
from volest.experiments.latents import LatentStudy
from volest.records.probes import CategorySkill, Fingerprint, Probes


def show_latents(study: LatentStudy, figures: Sequence[Path]) -> None:
    """The verdict, the tables, and where the rest lies."""
    screen, probes, run = console(), study.probes, study.directory
    screen.print(probes.answer, soft_wrap=True, highlight=False, style="bold")
    for remark in probes.remarks:
        screen.print(f"Note: {remark}", soft_wrap=True, highlight=False)
    screen.print(_volume(probes))
    screen.print(comparison_table("linear probe against", probes.comparisons))
    if probes.fingerprint is not None or probes.categories:
        screen.print(_beside_volume(probes.fingerprint, probes.categories))
    if study.neighbourhood is not None:
        screen.print(_neighbours(study.neighbourhood, study.volume_ml))
    named = shlex.quote(str(run.path))
    if not has_umap():
        screen.print("UMAP figures need `pip install 'volest[latents]'`; these are PCA alone.", soft_wrap=True)
    for line in (
        f"Latents: {run.latents}   Probes: {run.probes}",
        f"Figures of fold {study.shown.fold}: {', '.join(path.name for path in figures)} in {run.figures}",
        f"To turn the space by hand: volest monitor {named}, tab Projector",
    ):
        screen.print(line, soft_wrap=True, highlight=False)


def _volume(probes: Probes) -> Table:
    title = f"Volume of held-out scans from {probes.features} features of {probes.encoder}"
    table = Table("", "R2", "MAE (mL)", "Spearman rho", "scans", "patients", title=title)
    for skill in probes.volume:
        figures = (both(skill.r2, 2), both(skill.mae_ml, 2), both(skill.spearman_rho, 2))
        table.add_row(skill.name, *figures, str(skill.n_scans), str(skill.n_patients))
    return table


def _beside_volume(found: Fingerprint | None, categories: Sequence[CategorySkill]) -> Table:
    table = Table("", "right (%)", "by chance (%)", "scans", "patients", title="Beside the volume")
    if found is not None:
        counts = (str(found.n_scans), str(found.n_patients))
        right = both(found.found_percent, 1)
        table.add_row("patient of the nearest scan", right, f"{found.chance_percent:.1f}", *counts)
        by_volume = f"{found.by_volume_percent:.1f}"
        table.add_row("the same, nearest by reference volume", by_volume, f"{found.chance_percent:.1f}", *counts)
    for skill in categories:
        counts = (str(skill.n_scans), str(skill.n_patients))
        name = f"{skill.column}: {', '.join(skill.values)}"
        table.add_row(name, both(skill.recall_percent, 1), f"{skill.chance_percent:.1f}", *counts)
    return table


def _neighbours(around: Neighbourhood, volume_ml: Mapping[str, float]) -> Table:
    title = (
        f"Nearest to {around.scan_id} of patient {around.patient_id}, {volume_ml[around.scan_id]:.1f} mL, "
        f"in the space of fold {around.fold}"
    )
    table = Table("scan", "patient", "reference (mL)", "distance (SD)", "for this network", title=title)
    for scan in around.nearest:
        known = "held out" if scan.held_out else "training"
        patient = f"{scan.patient_id} (the same)" if scan.patient_id == around.patient_id else scan.patient_id
        table.add_row(scan.scan_id, patient, f"{volume_ml[scan.scan_id]:.1f}", f"{scan.distance:.2f}", known)
    return table
