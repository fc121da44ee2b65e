"""Axes of a NRRD file: which of them span space, and where they lie."""

from dataclasses import dataclass

import numpy as np

from volest.geometry import Affine
from volest.images.faults import Refusal
from volest.images.frame import affine_to_ras

_SPATIAL_KINDS = {"domain", "space", "none", "???"}
_NO_SPACING = (
    "its header gives no spacing (neither `space directions` nor `spacings` for all three axes), so that "
    "its millilitres are unknown. Export it with its spacing in mm"
)


@dataclass(frozen=True)
class Axes:
    """What a header says of its axes, the fastest first.

    Attributes:
        sizes: samples along each axis.
        kinds: "???" where nothing is said.
        spacings: nan where nothing is said.
        directions: step along each axis in the space of the file; None for `none`.
        units: of `spacings`; empty where nothing is said.
        space: its name; empty where nothing is said.
        space_units: of the coordinates of the space; none where nothing is said.
        origin: centre of the first voxel; None where nothing is said.
    """

    sizes: tuple[int, ...]
    kinds: tuple[str, ...]
    spacings: tuple[float, ...]
    directions: tuple[tuple[float, ...] | None, ...]
    units: tuple[str, ...]
    space: str
    space_units: list[str]
    origin: tuple[float, ...] | None


def spatial_axes(axes: Axes) -> tuple[int, int, int]:
    """The three axes that span space. Others, of time or components, may be there if they have one sample.

    Raises:
        Refusal: there are fewer than three, or another axis has more than one sample.
    """
    extra = _extra_axes(axes)
    long = [axis for axis in extra if axes.sizes[axis] > 1]
    spatial = [axis for axis in range(len(axes.sizes)) if axis not in extra]
    if long and axes.kinds[long[0]].lower() not in _SPATIAL_KINDS:
        raise Refusal(
            f"expected 3 spatial axes (i, j, k), but axis {long[0]} of shape {axes.sizes} is of kind "
            f"{axes.kinds[long[0]]!r}. Export one greyscale volume, or one file per time point or channel"
        )
    if long or len(spatial) > 3:
        raise Refusal(
            f"expected 3 spatial axes (i, j, k), got shape {axes.sizes}. "
            "Split it into one file per time point or channel"
        )
    if len(spatial) < 3:
        raise Refusal(f"expected 3 spatial axes (i, j, k), got shape {axes.sizes}. Stack the slices of a sweep")
    i, j, k = spatial
    return i, j, k


def affine(axes: Axes, spatial: tuple[int, int, int]) -> Affine:
    """Affine from index (i, j, k) to RAS+ mm.

    Raises:
        Refusal: no spacing, an unknown space or unit, or axes that span no volume.
    """
    along = [axes.directions[axis] for axis in spatial]
    spacings = [axes.spacings[axis] for axis in spatial]
    units: list[str]
    if all(step is not None for step in along):
        steps = np.array([_in_space(step, axes.space) for step in along if step is not None]).T
        units = axes.space_units or [""] * 3
    elif not any(along) and not np.isnan(spacings).any():
        steps = np.diag(spacings)
        units = [axes.units[axis] for axis in spatial]
        units = units if any(units) else axes.space_units or units
    else:
        raise Refusal(_NO_SPACING)
    if np.isnan(steps).any():
        raise Refusal(_NO_SPACING)
    if _has_time(axes.space):
        units = units[:3]
    if len(units) != 3:
        raise Refusal(f"expected a unit for each of 3 axes, got {units[:4]}. Correct the header")
    try:
        return affine_to_ras(steps, _origin(axes), _without_time(axes.space), units)
    except ValueError as error:
        raise Refusal(str(error)) from None


def _extra_axes(axes: Axes) -> set[int]:
    """Axes that are not of space by their kind, lack the direction or spacing that three others have, or come last."""
    extra = {axis for axis, kind in enumerate(axes.kinds) if kind.lower() not in _SPATIAL_KINDS}
    for known in ([step is not None for step in axes.directions], list(~np.isnan(axes.spacings))):
        if sum(known) >= 3:
            extra |= {axis for axis, is_known in enumerate(known) if not is_known}
            break
    rest = [axis for axis in range(len(axes.sizes)) if axis not in extra]
    while len(rest) > 3 and axes.sizes[rest[-1]] == 1:
        extra.add(rest.pop())
    return extra


def _origin(axes: Axes) -> np.ndarray:
    """Centre of the first voxel; no number in millilitres rests on it, so that one that is unknown is no fault."""
    origin = None if axes.origin is None else _in_space(axes.origin, axes.space)
    return np.zeros(3) if origin is None or not np.isfinite(origin).all() else np.array(origin)


def _in_space(vector: tuple[float, ...], space: str) -> tuple[float, ...]:
    """The three coordinates of space, without that of time, which no axis of space may have."""
    if _has_time(space) and len(vector) == 4:
        return vector[:3]
    if len(vector) != 3:
        raise Refusal(
            f"its header has a vector of {len(vector)} coordinates; expected 3 (i.e. `space dimension: 3`). "
            "Correct the header"
        )
    return vector


def _has_time(space: str) -> bool:
    return space.lower().endswith("-time") or space.lower() in {"rast", "last", "lpst"}


def _without_time(space: str) -> str:
    return space[: -len("-time")] if space.lower().endswith("-time") else space[:3] if _has_time(space) else space
