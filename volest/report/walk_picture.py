"""The walk through a latent space as a picture: what the decoder draws of small volumes and of large ones."""

from pathlib import Path

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from volest.evaluation.latents.walk import DrawnWalk
from volest.records import atomic

PLANES = ("sagittal", "coronal", "axial")
"""Across the first, second and third axis."""

COLUMN_INCHES = 1.5
WINDOW_PERCENTILES = (1, 99)
"""Of all drawn intensities, shown from black to white."""

DOTS_PER_INCH = 120


def write_walk(walk: DrawnWalk, fold: int, folder: Path) -> Path:
    """Write `folder/latents_walk.png`: a column per volume, the three middle planes below one another, then change.

    The last row is the axial plane less that of the smallest volume: brighter in red, darker in blue.
    """
    path = folder / "latents_walk.png"
    stations = len(walk.volumes_ml)
    figure = Figure(figsize=(COLUMN_INCHES * stations + 0.4, COLUMN_INCHES * 4 + 0.6), layout="constrained")
    grid = figure.subplots(4, stations, squeeze=False)
    low, high = np.percentile(walk.rasters, WINDOW_PERCENTILES)
    axial = walk.rasters[:, :, :, walk.rasters.shape[3] // 2]
    change = axial - axial[0]
    reach = max(float(np.abs(change).max()), 1e-6)
    for column, (volume_ml, raster) in enumerate(zip(walk.volumes_ml, walk.rasters, strict=True)):
        grid[0, column].set_title(f"{volume_ml:.0f} mL", fontsize=10)
        for row, plane in enumerate(_middle_planes(raster)):
            grid[row, column].imshow(plane, cmap="gray", vmin=low, vmax=high)
        grid[3, column].imshow(np.rot90(change[column]), cmap="RdBu_r", vmin=-reach, vmax=reach)
    for row, name in enumerate((*PLANES, "change, axial")):
        grid[row, 0].set_ylabel(name, fontsize=9)
    for axes in grid.flat:
        axes.set(xticks=[], yticks=[])
    figure.suptitle(f"What the autoencoder of fold {fold} expects of each volume", fontsize=10)
    with atomic.replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=DOTS_PER_INCH)
    return path


def _middle_planes(raster: Float[np.ndarray, "i j k"]) -> list[np.ndarray]:
    i, j, k = (n // 2 for n in raster.shape)
    return [np.rot90(raster[i]), np.rot90(raster[:, j]), np.rot90(raster[:, :, k])]
