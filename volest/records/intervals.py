"""`intervals.json`: errors of held-out patients, from which any interval of a new scan is made.

Patients are numbers here, so that the file can go with the networks to another place.
"""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, TypeAdapter

from volest.config.intervals import Doubt, IntervalMethod, Score
from volest.records import atomic
from volest.records.damage import read_json

Deviation = Annotated[float, BeforeValidator(lambda value: math.inf if value is None else value), Field(ge=0)]
"""Infinite where a network gave no usable number: inf in memory, null in the file."""


@dataclass(frozen=True)
class Calibration:
    """Errors of held-out scans, one place each.

    Attributes:
        level: of the interval, where no other is asked for.
        score: what errors are measured in.
        patients: whose scan it is, from 0.
        folds: that held it out.
        deviations: distance of prediction and reference; relative ones are of natural logarithms.
        scaled_by: by what doubt of the network errors are scaled; None where they are not.
        doubts: of each scan, in the unit of `deviations`; empty where errors are not scaled.
    """

    level: Annotated[float, Field(gt=0, lt=1)]
    method: IntervalMethod
    score: Score
    patients: tuple[Annotated[int, Field(ge=0)], ...]
    folds: tuple[Annotated[int, Field(ge=0)], ...]
    deviations: tuple[Deviation, ...]
    scaled_by: Doubt | None = None
    doubts: tuple[Annotated[float, Field(ge=0, allow_inf_nan=False)], ...] = ()

    def __post_init__(self) -> None:
        if not len(self.patients) == len(self.folds) == len(self.deviations) > 0:
            raise ValueError("patients, folds and deviations differ in length, or are empty")
        if len(self.doubts) != (len(self.deviations) if self.scaled_by else 0):
            raise ValueError("doubts and deviations differ in length, or nothing is scaled by them")

    @property
    def n_patients(self) -> int:
        """Patients whose errors are known."""
        return len(set(self.patients))


_CALIBRATION = TypeAdapter(Calibration)


def write_calibration(calibration: Calibration, path: Path) -> None:
    """Write the file in one step; infinity becomes null, because JSON has none."""
    tree = asdict(calibration)
    tree["deviations"] = [d if math.isfinite(d) else None for d in calibration.deviations]
    atomic.write_text(path, json.dumps(tree, allow_nan=False) + "\n")


def read_calibration(path: Path) -> Calibration:
    """Read it again.

    Raises:
        RunError: no such file, or its content is not that of a calibration.
    """
    return read_json(path, _CALIBRATION.validate_json, ". All folds make it together: `volest cv`.")
