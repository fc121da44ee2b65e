"""Where the slices of a DICOM volume lie.

Spacing within a slice comes from, in this order: PixelSpacing (of the frame, shared by the frames, or of the file),
then SequenceOfUltrasoundRegions; if both are there they must agree. Distance between slices: their positions (patient,
or volume of an Enhanced US Volume), then SpacingBetweenSlices, then SliceThickness unless the frames follow each other
in time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from pydicom.dataset import Dataset

from volest.geometry import Affine
from volest.images.dicom_regions import LARGEST_DISAGREEMENT, picture_regions, region_spacing_mm
from volest.images.faults import Refusal
from volest.images.frame import affine_to_ras

_TIME = ("FrameTime", "FrameTimeVector", "CineRate", "ActualFrameDuration")
_LARGEST_UNEVENNESS = 0.05
"""Of a step between slices: positions are often written with two or three decimals, a missing slice is a whole step."""


@dataclass(frozen=True)
class Slice:
    """One frame of a file.

    Attributes:
        frame: its place in the file, from 0.
    """

    dataset: Dataset
    frame: int

    def value(self, group: str, name: str) -> Any:
        """An attribute of the frame's functional group, of the group all frames share, or of the file; else None."""
        per_frame = self.dataset.get("PerFrameFunctionalGroupsSequence") or ()
        shared = self.dataset.get("SharedFunctionalGroupsSequence") or ()
        for item in (*per_frame[self.frame : self.frame + 1], *shared[:1]):
            macro = item.get(group)
            if macro and macro[0].get(name) is not None:
                return macro[0].get(name)
        return self.dataset.get(name)


def slices_in_place(slices: Sequence[Slice]) -> tuple[list[int], Affine]:
    """Order of the slices along their normal, and the affine of their stack.

    Returns:
        Indices into `slices`, first slice first; affine from (column, row, slice) to RAS+ mm.

    Raises:
        Refusal: a spacing is missing or contradicts another, or the slices are no even, parallel stack.
    """
    x_mm, y_mm = _agreed([pixel_spacing_mm(one) for one in slices], "PixelSpacing")
    axes = _axes(slices)
    positions = _positions(slices)
    order = _order(slices, positions, np.cross(axes[0], axes[1]))
    if positions is not None:
        origin, step = _even_steps(positions[order])
    else:
        origin, step = np.zeros(3), np.cross(axes[0], axes[1]) * _slice_distance_mm(slices)
    steps = np.column_stack([axes[0] * x_mm, axes[1] * y_mm, step])
    try:
        return order, affine_to_ras(steps, origin, "LPS", ["mm"] * 3)
    except ValueError as error:
        raise Refusal(str(error)) from None


def pixel_spacing_mm(one: Slice) -> tuple[float, float]:
    """Distance between columns (x) and between rows (y).

    Raises:
        Refusal: nothing tells it, or two attributes disagree.
    """
    told = one.value("PixelMeasuresSequence", "PixelSpacing")
    regions = picture_regions(one.dataset)
    if told is None:
        calibrated = region_spacing_mm(regions, one.dataset)
        if calibrated is None:
            raise Refusal(
                "it gives no spacing (neither PixelSpacing nor SequenceOfUltrasoundRegions in cm), so that its "
                "millilitres are unknown. Export it with its calibration"
            )
        return calibrated
    if not isinstance(told, Sequence) or len(told) != 2:
        raise Refusal(f"its PixelSpacing is {told}; expected two lengths in mm")
    y, x = (float(mm) for mm in told)  # between rows first
    if not (0 < x < np.inf and 0 < y < np.inf):
        raise Refusal(f"its PixelSpacing is {[y, x]}; expected two lengths in mm above 0")
    for region in regions:
        if region.spacing_mm and not np.allclose(region.spacing_mm, (x, y), rtol=LARGEST_DISAGREEMENT, atol=0):
            raise Refusal(
                f"it gives two spacings: {(x, y)} mm by PixelSpacing and {region.spacing_mm} mm by its ultrasound "
                "regions. Export the original, or remove the wrong one"
            )
    return x, y


def _axes(slices: Sequence[Slice]) -> Float[np.ndarray, "2 3"]:
    """Directions of growing column and row, in LPS; a volume's own space is taken for it, though it says nothing."""
    for group, name in (
        ("PlaneOrientationSequence", "ImageOrientationPatient"),
        ("PlaneOrientationVolumeSequence", "ImageOrientationVolume"),
    ):
        told = [one.value(group, name) for one in slices]
        if all(value is not None for value in told):
            axes = np.array(told, dtype=float).reshape(-1, 2, 3)
            if not np.allclose(axes, axes[0], atol=1e-3):
                raise Refusal("its slices are not parallel. Export the reconstructed volume")
            if not np.allclose(axes[0] @ axes[0].T, np.eye(2), atol=1e-3):
                raise Refusal(
                    f"its {name} {axes[0].ravel().tolist()} gives no two perpendicular directions. Correct it"
                )
            return axes[0]
    return np.eye(3)[:2]


def _positions(slices: Sequence[Slice]) -> Float[np.ndarray, "n 3"] | None:
    for group, name in (
        ("PlanePositionSequence", "ImagePositionPatient"),
        ("PlanePositionVolumeSequence", "ImagePositionVolume"),
    ):
        told = [one.value(group, name) for one in slices]
        if any(value is None for value in told):
            continue
        # One position for a whole file says where it begins, not where its frames lie.
        if len({tuple(value) for value in told}) > 1 or slices[0].dataset is not slices[1].dataset:
            return np.array(told, dtype=float).reshape(-1, 3)
    return None


def _order(
    slices: Sequence[Slice], positions: Float[np.ndarray, "n 3"] | None, normal: Float[np.ndarray, "3"]
) -> list[int]:
    if positions is not None:
        return np.argsort(positions @ normal, kind="stable").tolist()
    if all(one.dataset is slices[0].dataset for one in slices):
        return list(range(len(slices)))
    numbers = [one.dataset.get("InstanceNumber") for one in slices]
    if None in numbers or len(set(numbers)) < len(numbers):
        raise Refusal("its files have neither positions nor distinct InstanceNumbers, so that their order is unknown")
    return sorted(range(len(slices)), key=lambda index: int(numbers[index]))


def _even_steps(positions: Float[np.ndarray, "n 3"]) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]]:
    """First position and the step between neighbours."""
    if not np.isfinite(positions).all():
        raise Refusal("a position of its slices is no number. Export it again")
    step = (positions[-1] - positions[0]) / (len(positions) - 1)
    steps = np.diff(positions, axis=0)
    length = float(np.linalg.norm(step))
    if (np.linalg.norm(steps, axis=1) < 1e-6).any():
        raise Refusal("several of its slices lie at one position: time points or channels. Export one volume per file")
    if (np.linalg.norm(steps - step, axis=1) > _LARGEST_UNEVENNESS * length).any():
        gaps = np.linalg.norm(steps, axis=1)
        raise Refusal(
            f"its slices are {gaps.min():.4g} to {gaps.max():.4g} mm apart; expected even steps along one line. "
            "Add the slices that are missing, or export the reconstructed volume"
        )
    return positions[0], step


def _slice_distance_mm(slices: Sequence[Slice]) -> float:
    told = [one.value("PixelMeasuresSequence", "SpacingBetweenSlices") for one in slices]
    if None in told:
        first = slices[0].dataset
        if len(slices) > 1 and first is slices[1].dataset and _is_cine(first):
            raise Refusal(
                f"its {len(slices)} frames follow each other in time (cine), and nothing tells how far apart they lie. "
                "Export the reconstructed volume, or add SpacingBetweenSlices"
            )
        told = [one.value("PixelMeasuresSequence", "SliceThickness") for one in slices]
    if None in told:
        raise Refusal(
            "nothing tells how far apart its slices lie (no positions, SpacingBetweenSlices or SliceThickness), so "
            "that its millilitres are unknown. Export it with its spacing"
        )
    (distance,) = _agreed([(abs(float(mm)),) for mm in told], "SpacingBetweenSlices")
    if not 0 < distance < np.inf:
        raise Refusal(f"its slices are said to lie {distance} mm apart; expected a length above 0")
    return distance


def _is_cine(dataset: Dataset) -> bool:
    return any(dataset.get(name) is not None for name in (*_TIME, "FrameIncrementPointer"))


def _agreed(told: Sequence[tuple[float, ...]], name: str) -> tuple[float, ...]:
    if not np.allclose(told, told[0], rtol=LARGEST_DISAGREEMENT, atol=0):
        raise Refusal(f"{name} differs between its slices ({min(told)} to {max(told)} mm). Export one grid")
    return told[0]
