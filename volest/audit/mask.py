"""A mask beside its scan, in figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from volest.datasets.mask import lies_on
from volest.datasets.mask_volume import is_marked, label_volumes_ml
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
        labels_ml: volume of each value that is not 0.
        same_grid: whether it lies on the voxels of its scan.
        border: faces of its raster that it touches.
        border_share: of the mask's voxels, those on these faces.
    """

    fault: str | None = None
    missing: bool = False
    labels_ml: Mapping[float, float] = field(default_factory=dict)
    same_grid: bool = False
    border: tuple[str, ...] = ()
    border_share: float = 0.0

    @property
    def volume_ml(self) -> float:
        """Of all labels together."""
        return sum(self.labels_ml.values())

    @property
    def is_empty(self) -> bool:
        """Whether it was read and nothing is marked."""
        return self.fault is None and not self.labels_ml


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
    marked = is_marked(mask)
    count = int(marked.sum())
    on_border = count - int(marked[1:-1, 1:-1, 1:-1].sum())
    return MaskMeasures(
        labels_ml=label_volumes_ml(mask),
        same_grid=lies_on(mask, image),
        border=_touched(marked),
        border_share=on_border / max(count, 1),
    )


def _touched(marked: Bool[np.ndarray, "i j k"]) -> tuple[str, ...]:
    return tuple(
        name
        for axis in range(3)
        for end, name in zip((0, -1), FACES[axis], strict=True)
        if np.moveaxis(marked, axis, 0)[end].any()
    )
