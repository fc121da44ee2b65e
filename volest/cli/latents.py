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
    pretrained: Annotated[
        bool, Option("--pretrained", help="Of the autoencoders, where the folds have networks too.")
    ] = False,
    nearest: Annotated[str | None, Option(metavar="SCAN_ID", help="Name the scans nearest to this one.")] = None,
    seed: Annotated[int, Option(min=0, help="Of draws and permutations of patients, and of UMAP.")] = 0,
    quiet: QuietOption = False,
) -> None:
    """Say what the features of the networks hold: the volume, the patient, the device; with figures and neighbours."""
    from volest.cli.latent_tables import show_latents
    from volest.experiments.latents import LatentPlan, study_latents
    from volest.report.latent_figures import write_latent_figures
    from volest.report.walk_picture import write_walk

    plan = LatentPlan(tuple(category or ()), fold, pretrained, nearest, seed)
    study = study_latents(run, plan, choose_progress(quiet))
    folder = study.directory.figures
    figures = write_latent_figures(study.shown, study.volume_ml, study.columns, seed, folder)
    if study.walk is not None:
        figures.append(write_walk(study.walk, study.shown.fold, folder))
    show_latents(study, figures)
