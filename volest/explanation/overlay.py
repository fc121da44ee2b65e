"""Both maps over the scan, in three planes through the structure."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from volest.explanation.contribution import ContributionMap
from volest.explanation.explanation import Explanation
from volest.geometry import to_nearest_ras
from volest.images.image import Image
from volest.records import atomic

PLANES = {"axial": 2, "coronal": 1, "sagittal": 0}
"""Each plane, and the axis of the nearest-RAS image that stands on it."""

BRIGHTEST_PERCENTILE = 98.0
"""Of the grey levels, shown as white: what lies above are mostly echoes of the probe, which would darken the rest."""

COLOURS = "coolwarm"
OPAQUE_FROM = 0.5
"""Of the strongest density shown: from here on the scan below is hidden by half, weaker ones fade."""


def draw_overlay(explanation: Explanation, title: str) -> Figure:
    """Both maps over three planes through the region that was hidden in the sanity check."""
    figure = Figure(figsize=(9.0, 6.4), layout="constrained")
    axes = figure.subplots(2, 3)
    figure.suptitle(title, fontsize=10)
    figure.supxlabel(_legend(explanation), fontsize=8)
    added = f"integrated gradients\n{explanation.integrated.sum_ml:+.1f} mL in all"
    for row, name, shown in ((0, added, explanation.integrated), (1, "occlusion", explanation.occluded)):
        _draw_map(list(axes[row]), explanation, shown, name)
    return figure


def _legend(explanation: Explanation) -> str:
    """What colours and line mean, and what became of the volume when the region inside the line was hidden."""
    hiding = explanation.hiding
    elsewhere = "" if hiding.without_other_ml is None else f", as much elsewhere: {hiding.without_other_ml:.1f} mL"
    return (
        f"Red adds to the volume, blue takes from it. Yellow: {explanation.named} ({hiding.region_ml:.1f} mL); "
        f"painted over it leaves {hiding.without_region_ml:.1f} mL{elsewhere}."
    )


def write_overlay(explanation: Explanation, title: str, path: Path) -> None:
    """As PNG; the same explanation gives the same bytes."""
    with atomic.replacing(path) as temporary:
        draw_overlay(explanation, title).savefig(temporary, format="png", dpi=110, metadata={"Software": None})


def _draw_map(axes: list[Axes], explanation: Explanation, shown: ContributionMap, name: str) -> None:
    scan = explanation.image.nearest_ras()
    density, _ = to_nearest_ras(shown.density.voxels, explanation.image.affine)
    region, _ = to_nearest_ras(explanation.region, explanation.image.affine)
    strongest = float(np.percentile(np.abs(density), 99.8)) or 1.0
    middle = np.rint(np.argwhere(region).mean(axis=0)).astype(int) if region.any() else np.array(scan.shape) // 2
    brightest = float(np.percentile(scan.voxels, BRIGHTEST_PERCENTILE))
    colours = ScalarMappable(Normalize(-strongest, strongest), COLOURS)
    for each, (plane, across) in zip(axes, PLANES.items(), strict=True):
        cut = [_upright(voxels, across, int(middle[across])) for voxels in (scan.voxels, density, region)]
        each.imshow(cut[0], cmap="gray", aspect=_aspect(scan, across), vmin=scan.voxels.min(), vmax=brightest)
        painted = colours.to_rgba(cut[1])
        painted[..., 3] = np.clip(np.abs(cut[1]) / (OPAQUE_FROM * strongest), 0, 1) * 0.6
        each.imshow(painted, aspect=_aspect(scan, across), interpolation="bilinear")
        if 0 < cut[2].sum() < cut[2].size:
            each.contour(cut[2], levels=[0.5], colors="yellow", linewidths=0.8)
        each.set(xticks=[], yticks=[], xlabel=plane)
    axes[0].set_ylabel(name)
    axes[-1].figure.colorbar(colours, ax=axes, label="mL of volume per mL of tissue", shrink=0.85)


def _upright(voxels: NDArray[np.generic], across: int, index: int) -> NDArray[np.generic]:
    """A plane with anterior or superior up, (row, column)."""
    return np.moveaxis(voxels, across, 0)[index][:, ::-1].T


def _aspect(scan: Image, across: int) -> float:
    columns_mm, rows_mm = (step for axis, step in enumerate(scan.spacing_mm) if axis != across)
    return rows_mm / columns_mm
