"""From predictions of held-out scans to a calibration, and to intervals of the same scans that they did not make."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from volest.config.intervals import IntervalsConfig, Score
from volest.evaluation.conformal.axis import deviations, doubt_on_axis
from volest.evaluation.conformal.interval import interval_of
from volest.records.intervals import Calibration
from volest.records.predictions import Prediction


def calibrate(
    held_out: Sequence[Prediction], config: IntervalsConfig, log_target: bool, doubts: Mapping[str, float] | None = None
) -> Calibration:
    """Errors of scans, each held out by its fold.

    Args:
        held_out: of all folds of a run.
        config: which intervals shall be made of them.
        log_target: whether the networks predict logarithms, which is where their errors are alike.
        doubts: `config.scaled_by` of each scan as a share of its volume, by its name; None where errors are not scaled.
    """
    score: Score = ("relative" if log_target else "absolute") if config.score == "auto" else config.score
    number = {patient: place for place, patient in enumerate(dict.fromkeys(p.patient_id for p in held_out))}
    predicted_ml = np.array([p.predicted_ml for p in held_out], dtype=float)
    reference_ml = np.array([p.reference_ml for p in held_out], dtype=float)
    return Calibration(
        level=config.level,
        method=config.method,
        score=score,
        patients=tuple(number[p.patient_id] for p in held_out),
        folds=tuple(_fold(p) for p in held_out),
        deviations=tuple(deviations(predicted_ml, reference_ml, score).tolist()),
        scaled_by=config.scaled_by,
        doubts=tuple(doubt_on_axis(doubts[p.scan_id], p.predicted_ml, score) for p in held_out) if doubts else (),
    )


def with_held_out_intervals(held_out: Sequence[Prediction], calibration: Calibration) -> list[Prediction]:
    """The same scans, each with the interval that the errors of all other patients give.

    One fold speaks of a held-out scan, that which never saw the patient: every method is laid about its volume.

    Args:
        held_out: the scans of the calibration, in its order.
        calibration: of them.
    """
    doubts = calibration.doubts or (None,) * len(calibration.patients)
    rows = zip(held_out, calibration.patients, doubts, strict=True)
    return [_with_interval(p, _without(calibration, patient), doubt) for p, patient, doubt in rows]


def _with_interval(prediction: Prediction, others: Calibration | None, doubt: float | None) -> Prediction:
    if others is None:
        return prediction
    said_ml = prediction.predicted_ml
    interval = interval_of(others, said_ml, dict.fromkeys(others.folds, said_ml), others.level, doubt)
    if interval is None:
        return prediction
    return replace(prediction, interval_low_ml=interval.low_ml, interval_high_ml=interval.high_ml)


def _without(calibration: Calibration, patient: int) -> Calibration | None:
    """The errors of all other patients; None if there are none."""
    kept = [place for place, other in enumerate(calibration.patients) if other != patient]
    if not kept:
        return None
    return replace(
        calibration,
        patients=tuple(calibration.patients[place] for place in kept),
        folds=tuple(calibration.folds[place] for place in kept),
        deviations=tuple(calibration.deviations[place] for place in kept),
        doubts=tuple(calibration.doubts[place] for place in kept) if calibration.doubts else (),
    )


def _fold(prediction: Prediction) -> int:
    assert prediction.fold is not None  # a locked patient is judged by all folds and calibrates nothing
    return prediction.fold
