"""Where on a frame the ultrasound picture lies, and how large its pixels are (PS3.3 C.8.5.5, US Region Calibration)."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool
from pydicom.dataset import Dataset

from volest.images.dicom_dataset import whole_number
from volest.images.faults import Refusal

LARGEST_DISAGREEMENT = 0.01
"""Relative difference of two spacings that is still rounding; cubed, it is 3% of a volume."""

_TWO_DIMENSIONAL = 1
_TISSUE_OR_FLOW = (1, 2)
_CENTIMETRES = 3
_MM_PER_CM = 10.0


@dataclass(frozen=True)
class Region:
    """One rectangle of a 2D picture; its last row and column belong to it.

    Attributes:
        spacing_mm: along columns (x) and rows (y); None where it is not in centimetres.
    """

    first_column: int
    first_row: int
    last_column: int
    last_row: int
    spacing_mm: tuple[float, float] | None


def picture_regions(dataset: Dataset) -> tuple[Region, ...]:
    """The 2D regions of tissue or colour flow; graphics, spectra and M-mode are none."""
    items = dataset.get("SequenceOfUltrasoundRegions") or ()
    return tuple(
        _region(item)
        for item in items
        if item.get("RegionSpatialFormat") == _TWO_DIMENSIONAL and item.get("RegionDataType") in _TISSUE_OR_FLOW
    )


def fit_the_frame(regions: tuple[Region, ...], dataset: Dataset) -> bool:
    """Whether each region lies on the frame; if not, the picture was cut or scaled after it was calibrated."""
    return all(
        # Some devices write the first pixel beyond as the last.
        0 <= r.first_column <= r.last_column <= dataset.Columns and 0 <= r.first_row <= r.last_row <= dataset.Rows
        for r in regions
    )


def region_spacing_mm(regions: tuple[Region, ...], dataset: Dataset) -> tuple[float, float] | None:
    """Spacing along columns and rows on which all regions agree; None where none gives it.

    Raises:
        Refusal: they disagree, or do not fit the frame.
    """
    spacings = [region.spacing_mm for region in regions if region.spacing_mm]
    if not spacings:
        return None
    if not fit_the_frame(regions, dataset):
        raise Refusal(
            f"its ultrasound regions reach beyond the frame of {dataset.Columns}x{dataset.Rows} pixels: it was cut or "
            "scaled after calibration, so that its spacing is unknown. Export the original"
        )
    if not np.allclose(spacings, spacings[0], rtol=LARGEST_DISAGREEMENT, atol=0):
        raise Refusal(
            f"its ultrasound regions have different spacings ({spacings} mm). Export each as a scan of its own"
        )
    return spacings[0]


def inside(regions: tuple[Region, ...], dataset: Dataset) -> Bool[np.ndarray, "rows columns"] | None:
    """The pixels of the picture; None where no region says which, or the regions are of another frame."""
    if not regions or not fit_the_frame(regions, dataset):
        return None
    picture = np.zeros((dataset.Rows, dataset.Columns), bool)
    for r in regions:
        picture[r.first_row : r.last_row + 1, r.first_column : r.last_column + 1] = True
    return picture


def _region(item: Dataset) -> Region:
    deltas = abs(float(item.get("PhysicalDeltaX") or 0)), abs(float(item.get("PhysicalDeltaY") or 0))
    units = item.get("PhysicalUnitsXDirection"), item.get("PhysicalUnitsYDirection")
    known = units == (_CENTIMETRES, _CENTIMETRES) and all(0 < delta < np.inf for delta in deltas)
    return Region(
        first_column=_edge(item, "RegionLocationMinX0"),
        first_row=_edge(item, "RegionLocationMinY0"),
        last_column=_edge(item, "RegionLocationMaxX1"),
        last_row=_edge(item, "RegionLocationMaxY1"),
        spacing_mm=(deltas[0] * _MM_PER_CM, deltas[1] * _MM_PER_CM) if known else None,
    )


def _edge(item: Dataset, name: str) -> int:
    if name not in item:  # 0 would be an edge too, and all but one pixel outside the region
        raise Refusal(f"an ultrasound region has no {name}. The file is damaged; copy or export it again")
    return whole_number(item, name)
