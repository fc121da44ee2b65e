"""`volest latents`."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from volest.cli.options import QuietOption, choose_progress


def latents(
    run: Annotated[Path, Argument(help="Run directory.")],
    fold: Annotated[
        int | None, Option(help="Whose latent space the figures show; default: the first finished one.")
    ] = None,
    category: Annotated[
        list[str] | None, Option(help="Column of the manifest to probe and colour by; any number of times.")
    ] = None,
    nearest: Annotated[str | None, Option(metavar="SCAN_ID", help="Name the scans nearest to this one.")] = None,
    seed: Annotated[int, Option(min=0, help="Of draws and permutations of patients, and of UMAP.")] = 0,
    quiet: QuietOption = False,
) -> None:
    """Say what the features of the networks hold: the volume, the patient, the device; with figures and neighbours."""
    from volest.cli.latent_tables import show_latents
    from volest.experiments.latents import LatentPlan, study_latents
    from volest.report.latent_figures import write_latent_figures

    plan = LatentPlan(tuple(category or ()), fold, nearest, seed)
    study = study_latents(run, plan, choose_progress(quiet))
    figures = write_latent_figures(study.shown, study.volume_ml, study.columns, seed, study.directory.figures)
    show_latents(study, figures)
