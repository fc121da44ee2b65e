"""Figures of a latent space, as SVG files for a paper."""

from collections.abc import Mapping
from pathlib import Path

from volest.evaluation.latents.projection import has_umap, pca_projection, umap_projection
from volest.records.latents import FoldLatents
from volest.report.plots.latents import latent_plots
from volest.report.plots.paper import write_figures


def write_latent_figures(
    latents: FoldLatents,
    volume_ml: Mapping[str, float],
    columns: Mapping[str, Mapping[str, str]],
    seed: int,
    folder: Path,
) -> list[Path]:
    """PCA, and UMAP where umap-learn is installed, each coloured by volume, by patient and by each category.

    Args:
        latents: of one fold.
        volume_ml: reference of each scan, by scan_id.
        columns: categories: the value of each scan that has one.
        seed: of UMAP.
        folder: in which the figures are written.
    """
    projections = [pca_projection(latents), *([umap_projection(latents, seed)] if has_umap() else [])]
    plots = [plot for projection in projections for plot in latent_plots(projection, latents, volume_ml, columns)]
    return write_figures(plots, folder)
