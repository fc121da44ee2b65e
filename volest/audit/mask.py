"""A mask beside its scan, in figures."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from volest.datasets.mask import lies_on
from volest.errors import ScanError
from volest.images.formats import read_image
from volest.images.image import Image

FACES = (("left", "right"), ("posterior", "anterior"), ("inferior", "superior"))
"""First and last face of the raster along i, j, k nearest to right, anterior, superior."""


@dataclass(frozen=True)
class MaskMeasures:
    """What a mask says.

    Attributes:
        fault: why it cannot be read; all else is then empty.
        missing: its file does not exist.
        volume_ml: of all voxels above 0.
        labels: values above 0 that occur.
        same_grid: whether it lies on the voxels of its scan.
        border: faces of its raster that it touches.
        border_share: of the mask's voxels, those on these faces.
    """

    fault: str | None = None
    missing: bool = False
    volume_ml: float = 0.0
    labels: int = 0
    same_grid: bool = False
    border: tuple[str, ...] = ()
    border_share: float = 0.0

    @property
    def is_empty(self) -> bool:
        """Whether it was read and nothing is marked."""
        return self.fault is None and self.labels == 0


def measure_mask(path: Path, image: Image) -> MaskMeasures:
    """Read the mask of a scan.

    Args:
        path: of the mask.
        image: the scan, axes nearest to right, anterior, superior.
    """
    try:
        mask = read_image(path).nearest_ras()
    except ScanError as error:
        return MaskMeasures(fault=str(error), missing=not path.exists())
    marked = mask.voxels > 0
    touched, on_border = _touched(marked)
    count = int(marked.sum())
    return MaskMeasures(
        volume_ml=count * mask.voxel_volume_ml,
        labels=len(np.unique(mask.voxels[marked])),
        same_grid=lies_on(mask, image),
        border=touched,
        border_share=on_border / max(count, 1),
    )


def _touched(marked: Bool[np.ndarray, "i j k"]) -> tuple[tuple[str, ...], int]:
    counts = {
        name: int(np.moveaxis(marked, axis, 0)[end].sum())
        for axis in range(3)
        for end, name in zip((0, -1), FACES[axis], strict=True)
    }
    return tuple(name for name, count in counts.items() if count), sum(counts.values())
