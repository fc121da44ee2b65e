"""What held-out patients with several scans tell of follow-ups."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
from jaxtyping import Float

from volest.config.intervals import IntervalsConfig, Score
from volest.evaluation.conformal.axis import place
from volest.evaluation.conformal.calibrate import calibrate, with_held_out_intervals
from volest.evaluation.follow_up import followed, grown_ml, is_usable
from volest.evaluation.metrics import mean_absolute_error
from volest.evaluation.variance_components import variance_components
from volest.records.follow_up import FollowedScans, FollowUp, FollowUpModel
from volest.records.predictions import Prediction

FEWEST_PATIENTS = 5
"""With a follow-up, to say anything of what their scans share and how they change."""


@dataclass(frozen=True)
class HeldOutFollowUps:
    """What a run has learnt of follow-ups.

    Attributes:
        scans: each by a model of the other folds; those are left out whose earlier volume would not be used.
        record: the model of all folds, and what it was worth on `scans`.
    """

    scans: FollowedScans
    record: FollowUp


def held_out_follow_ups(
    held_out: Sequence[Prediction], days: Mapping[str, date | None], config: IntervalsConfig, score: Score
) -> HeldOutFollowUps | None:
    """Every follow-up among held-out scans, as if the reference of the earlier scan were known.

    Args:
        held_out: of all folds of a run.
        days: of each scan, by scan_id. A scan follows the last one of an earlier day. Where no scan has a day it
            follows the one before it in the table, and on average nothing grows.
        config: of the intervals; they are not scaled by doubt here.
        score: the axis on which errors are alike.

    Returns:
        None where too few patients have a follow-up, or of none the earlier volume would be used.
    """
    usable = [p for p in held_out if is_usable(p.predicted_ml, score) and is_usable(p.reference_ml, score)]
    courses = _Courses(usable, {name: day for name, day in days.items() if day}, score)
    folds = {scan.fold for scan, _ in courses.pairs}
    models = {fold: courses.model(without=fold) for fold in folds}
    model = courses.model()
    if model is None or None in models.values():
        return None
    judged = [rows for pair in courses.pairs if (rows := _judged(models[pair[0].fold], *pair)) is not None]
    if not judged:
        return None
    told, by_volume, alone, grown = map(list, zip(*judged, strict=True))
    unscaled = config.model_copy(update={"scaled_by": None, "score": score})
    calibration, of_volume = (calibrate(rows, unscaled, score == "relative") for rows in (told, by_volume))
    record = FollowUp(model, calibration, of_volume, *(_mae_ml(rows) for rows in (told, alone, grown)))
    scans = FollowedScans(tuple(with_held_out_intervals(told, calibration)), tuple(grown))
    return HeldOutFollowUps(scans, record)


def _judged(
    model: FollowUpModel | None, scan: Prediction, earlier: Prediction
) -> tuple[Prediction, Prediction, Prediction, Prediction] | None:
    """Told all, told the volume alone, told nothing, and not looked at; None where the volume would not be used."""
    assert model is not None
    by_all = followed(model, scan.predicted_ml, earlier.reference_ml, earlier.predicted_ml)
    by_volume = followed(model, scan.predicted_ml, earlier.reference_ml)
    if by_all is None or by_volume is None:
        return None
    said_ml = by_all.volume_ml, by_volume.volume_ml, scan.predicted_ml, grown_ml(model, earlier.reference_ml)
    told, told_volume, alone, grown = (replace(scan, predicted_ml=volume_ml) for volume_ml in said_ml)
    return told, told_volume, alone, grown


def _mae_ml(rows: Sequence[Prediction]) -> float:
    return mean_absolute_error(np.array([p.predicted_ml for p in rows]), np.array([p.reference_ml for p in rows]))


@dataclass(frozen=True)
class _Courses:
    """Scans with a usable prediction and reference, and which follows which."""

    scans: Sequence[Prediction]
    days: Mapping[str, date]
    score: Score

    @cached_property
    def is_dated(self) -> bool:
        """Whether days say which scan follows which."""
        return any(p.scan_id in self.days for p in self.scans)

    @cached_property
    def pairs(self) -> tuple[tuple[Prediction, Prediction], ...]:
        """Each follow-up, and the scan that it follows."""
        courses: dict[str, list[Prediction]] = defaultdict(list)
        for scan in self.scans:
            courses[scan.patient_id].append(scan)
        return tuple(pair for course in courses.values() for pair in self._pairs(course))

    def _pairs(self, course: Sequence[Prediction]) -> Iterator[tuple[Prediction, Prediction]]:
        if not self.is_dated:
            yield from zip(course[1:], course[:-1], strict=True)
            return
        dated = sorted((p for p in course if p.scan_id in self.days), key=lambda p: (self.days[p.scan_id], p.scan_id))
        for place_, scan in enumerate(dated):
            before = [p for p in dated[:place_] if self.days[p.scan_id] < self.days[scan.scan_id]]
            if before:
                yield scan, before[-1]

    def model(self, without: int | None = None) -> FollowUpModel | None:
        """Of the scans of all other folds; None where these are too few patients with a follow-up."""
        scans = [p for p in self.scans if without is None or p.fold != without]
        pairs = [(scan, before) for scan, before in self.pairs if without is None or scan.fold != without]
        if len({scan.patient_id for scan, _ in pairs}) < FEWEST_PATIENTS:
            return None
        number = {patient: k for k, patient in enumerate(dict.fromkeys(p.patient_id for p in scans))}
        errors = self._places([p.predicted_ml for p in scans]) - self._places([p.reference_ml for p in scans])
        parts = variance_components(errors, np.array([number[p.patient_id] for p in scans]))
        now, then = ([p.reference_ml for p in part] for part in zip(*pairs, strict=True))
        changes = self._places(now) - self._places(then)
        growth = float(changes.mean()) if self.is_dated else 0.0
        return FollowUpModel(
            score=self.score,
            growth=growth,
            change_variance=float(np.square(changes - growth).mean()),
            bias=parts.mean,
            patient_variance=parts.between,
            scan_variance=parts.within,
        )

    def _places(self, volumes_ml: Sequence[float]) -> Float[np.ndarray, " scan"]:
        return place(np.array(volumes_ml, dtype=float), self.score)
