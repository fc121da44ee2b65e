"""Anatomical spaces and units of length, as files name them, brought to RAS+ millimetres."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from volest.geometry import Affine

NOMINAL_SPACES = ("", "scanner-xyz", "3d-right-handed")
"""Spaces that say nothing about the patient: millimetres hold, and the axes are taken as LPS, as SimpleITK does."""

SMALLEST_STEP_MM, LARGEST_STEP_MM = 1e-9, 1e9
"""No distance between voxels; beyond, volumes in mL are no numbers any more."""

MM_PER_UNIT = {
    **dict.fromkeys(("", "mm", "millimeter", "millimeters", "millimetre", "millimetres"), 1.0),
    **dict.fromkeys(("cm", "centimeter", "centimeters", "centimetre", "centimetres"), 10.0),
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), 1000.0),
    # Two code points look alike: the micro sign and the Greek mu.
    **dict.fromkeys(("um", "\u00b5m", "\u03bcm", "micron", "microns", "micrometer", "micrometers"), 1e-3),
    **dict.fromkeys(("nm", "nanometer", "nanometers", "nanometre", "nanometres"), 1e-6),
    **dict.fromkeys(("in", "inch", "inches"), 25.4),
}

_SIGNS = {
    "right-anterior-superior": (1, 1, 1),
    "ras": (1, 1, 1),
    "left-anterior-superior": (-1, 1, 1),
    "las": (-1, 1, 1),
    "left-posterior-superior": (-1, -1, 1),
    "lps": (-1, -1, 1),
    # A left-handed space without anatomy is mirrored once, so that the frame is right-handed as RAS+ is.
    "3d-left-handed": (1, -1, 1),
    **dict.fromkeys(NOMINAL_SPACES, (-1, -1, 1)),
}


def signs_to_ras(space: str) -> Float[np.ndarray, "3"]:
    """Sign of each coordinate that turns positions in `space` into RAS+.

    Raises:
        ValueError: the space is unknown.
    """
    signs = _SIGNS.get(space.strip().lower())
    if signs is None:
        raise ValueError(f"its space is {space!r}; expected RAS, LAS or LPS. Export it in one of these")
    return np.array(signs, dtype=float)


def mm_per_unit(units: Sequence[str]) -> Float[np.ndarray, " n"]:
    """Millimetres in each unit of length; an empty unit is a millimetre, as the format's writers mean it.

    Raises:
        ValueError: a unit is no length ("pixel"), so that the physical size is unknown.
    """
    unknown = [unit for unit in units if unit.strip().lower() not in MM_PER_UNIT]
    if unknown:
        raise ValueError(
            f"its unit of length is {unknown[0]!r}; expected mm, cm, m or um. Export it with its spacing in mm"
        )
    return np.array([MM_PER_UNIT[unit.strip().lower()] for unit in units])


def affine_to_ras(
    steps: Float[np.ndarray, "3 3"], origin: Float[np.ndarray, "3"], space: str, units: Sequence[str]
) -> Affine:
    """Affine from index (i, j, k) to RAS+ mm.

    Args:
        steps: column a is the step along index axis a, in the file's space and units.
        origin: position of voxel (0, 0, 0), likewise.
        space: name of the space.
        units: of the three coordinates.

    Raises:
        ValueError: unknown space or unit, steps that are no distances, or that span no volume.
    """
    if not (np.isfinite(steps).all() and np.isfinite(origin).all()):
        raise ValueError(f"its steps {steps.T.tolist()} or origin are not finite. Export it with its true spacing")
    scale = signs_to_ras(space) * mm_per_unit(units)
    affine = np.eye(4)
    with np.errstate(over="ignore"):
        affine[:3, :3] = scale[:, None] * steps + 0.0  # no negative zeros
        affine[:3, 3] = scale * origin + 0.0
        lengths = np.linalg.norm(affine[:3, :3], axis=0)
    if lengths.any() and (lengths.max() > LARGEST_STEP_MM or not np.isfinite(affine).all()):
        raise ValueError(f"its voxels lie {lengths.max():.3g} mm apart. Export it with its true spacing in mm")
    if lengths.min() < SMALLEST_STEP_MM or abs(np.linalg.det(affine[:3, :3] / lengths)) < 1e-6:
        raise ValueError(f"its axes span no volume (steps {steps.T.tolist()}). Export it with its true spacing")
    return affine
