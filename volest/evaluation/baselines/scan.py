"""All that a baseline may know of a scan."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from volest.geometry import Shape


@runtime_checkable
class Referenced(Protocol):
    """A scan of which no more is asked than whose it is, and its reference."""

    @property
    def patient_id(self) -> str:
        """The patient."""
        ...

    @property
    def volume_ml(self) -> float:
        """The reference."""
        ...


@dataclass(frozen=True)
class BaselineScan:
    """One scan, without its voxels.

    Attributes:
        volume_ml: the reference.
        shape: of the file, voxels along i, j, k.
        spacing_mm: of the file, along i, j, k.
        thumbnail: the scan averaged down to 12 x 12 x 12.
        covariates: the numeric ones; those that a scan lacks are left out.
        acquired_on: day of the scan, where it is known.
    """

    scan_id: str
    patient_id: str
    volume_ml: float
    shape: Shape
    spacing_mm: tuple[float, float, float]
    field_of_view_ml: float
    thumbnail: Float[np.ndarray, "12 12 12"]
    covariates: Mapping[str, float] = field(default_factory=dict)
    acquired_on: date | None = None
