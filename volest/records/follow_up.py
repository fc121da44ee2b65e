"""`follow_up.json` and `follow_up.csv`: what earlier volumes of the patients tell of scans, learnt from held-out ones.

Like the intervals the first names no patient, so that it can go with the networks to another place.
"""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import pandas as pd
from pydantic import Field, TypeAdapter

from volest.config.intervals import Score
from volest.records import atomic
from volest.records.damage import read_json
from volest.records.intervals import Calibration
from volest.records.predictions import Prediction, read_predictions
from volest.records.row_table import readable

Finite = Annotated[float, Field(allow_inf_nan=False)]
Variance = Annotated[float, Field(ge=0, allow_inf_nan=False)]


@dataclass(frozen=True)
class FollowUpModel:
    """Two normal laws, in mL or in natural logarithms of mL, as `score` says.

    Attributes:
        score: the axis: absolute is mL, relative the logarithm.
        growth: mean change of the reference from a patient's scan to the next.
        change_variance: of these changes.
        bias: mean error of the networks on held-out scans.
        patient_variance: of the part of the error that all scans of a patient share.
        scan_variance: of the part that each scan has for itself.
    """

    score: Score
    growth: Finite
    change_variance: Variance
    bias: Finite
    patient_variance: Variance
    scan_variance: Variance


@dataclass(frozen=True)
class FollowUp:
    """A model of all held-out scans, and what it was worth where it had not seen the patients.

    Attributes:
        calibration: errors of follow-ups, each estimated by a model of the other folds.
        of_volume: errors of the same, had the networks not seen the earlier scan: only its volume was told.
        mae_ml: of follow-ups, as in `calibration`.
        alone_mae_ml: of the networks on the same scans, told nothing.
        previous_mae_ml: of the earlier volume with the average growth, without a look at any scan.
    """

    model: FollowUpModel
    calibration: Calibration
    of_volume: Calibration
    mae_ml: Finite
    alone_mae_ml: Finite
    previous_mae_ml: Finite


@dataclass(frozen=True)
class FollowedScans:
    """Follow-ups among the held-out scans of a run, said in two ways; rows of one scan have one place.

    Attributes:
        told: by the networks, told the volume of the earlier scan, with the interval that all other patients give.
        grown: by that volume and the average growth, without a look at any scan.
    """

    told: tuple[Prediction, ...]
    grown: tuple[Prediction, ...]


_FOLLOW_UP = TypeAdapter(FollowUp)


def write_follow_up(follow_up: FollowUp, path: Path) -> None:
    """Write the file in one step."""
    atomic.write_text(path, json.dumps(asdict(follow_up), allow_nan=False) + "\n")


def read_follow_up(path: Path) -> FollowUp:
    """Read it again.

    Raises:
        RunError: no such file, or its content is not that of such a record.
    """
    return read_json(path, _FOLLOW_UP.validate_json, ". All folds make it together: `volest cv`.")


def write_followed(scans: FollowedScans, path: Path) -> None:
    """Write the table: predictions told of the earlier volume, and `grown_ml` beside them."""
    with atomic.replacing(path) as temporary:
        table = pd.DataFrame([asdict(p) for p in scans.told])
        table["grown_ml"] = [p.predicted_ml for p in scans.grown]
        table.to_csv(temporary, index=False, float_format="%.6g")


def read_followed(path: Path) -> FollowedScans:
    """Read it again.

    Raises:
        RunError: no such file, or no such table.
    """
    with readable(path):
        grown_ml = pd.read_csv(path)["grown_ml"].astype(float)
    told = read_predictions(path)
    grown = (
        replace(p, predicted_ml=float(ml), interval_low_ml=None, interval_high_ml=None)
        for p, ml in zip(told, grown_ml, strict=True)
    )
    return FollowedScans(tuple(told), tuple(grown))
