"""Follow-ups: a patient's scan in the light of an earlier one whose volume is known.

A network errs alike on all scans of a patient, so that its error on the earlier scan, which is known, tells of its
error on this one; and a volume changes only so much. How much of either, held-out patients with several scans tell.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from jaxtyping import Float

from volest.config.intervals import IntervalsConfig, Score
from volest.evaluation.conformal.axis import place, volume_ml
from volest.evaluation.conformal.calibrate import calibrate, with_held_out_intervals
from volest.evaluation.variance_components import variance_components
from volest.records.follow_up import FollowUp, FollowUpModel
from volest.records.predictions import Prediction

FEWEST_PATIENTS = 5
"""With more than one scan, to say anything of what their scans share and how they change."""

IMPLAUSIBLE_SD = 4.0
"""So many standard deviations off, an earlier volume is more likely that of another patient, or in another unit."""


@dataclass(frozen=True)
class HeldOutFollowUps:
    """Follow-ups among the held-out scans of a run.

    Attributes:
        told: with the volume of the earlier scan, by a model of the other folds, and the interval that the errors of
            all other patients give.
        record: the model of all folds, and what `told` was worth.
    """

    told: tuple[Prediction, ...]
    record: FollowUp


def followed_ml(
    model: FollowUpModel, said_ml: float, earlier_ml: float, earlier_said_ml: float | None = None
) -> float | None:
    """Volume of a scan, told the volume of the patient's earlier one; None where that is implausible or no use.

    On the axis of the model the network says y' = x' + u + e' of the earlier scan and y = x' + g + u + e of this one,
    where x' is the earlier volume, g ~ N(growth, T) the change since, u ~ N(bias, S) the error that scans of a patient
    share, and e, e' ~ N(0, E) that of each. The volume is x' + E[g | y, y', x']. A share S / (S + E) of a known error
    is taken for the patient's own: the best linear unbiased prediction of a random effect (Robinson 1991, Statist.
    Sci. 6:15, section 2).

    Args:
        model: of the run.
        said_ml: by the network of this scan.
        earlier_ml: reference of the earlier scan.
        earlier_said_ml: by the network of the earlier scan; None where nobody has asked it.
    """
    said, before = _place(said_ml, model.score), _place(earlier_ml, model.score)
    shared, single = model.patient_variance, model.scan_variance
    error, doubt = model.bias, shared  # of u, without the earlier scan
    if earlier_said_ml is not None:
        known = _place(earlier_said_ml, model.score) - before - model.bias
        if not _is_plausible(known, shared + single):
            return None
        error += known * _share(shared, single)
        doubt *= 1 - _share(shared, single)
    surprise = said - before - model.growth - error
    if not _is_plausible(surprise, model.change_variance + doubt + single):
        return None
    change = model.growth + surprise * _share(model.change_variance, doubt + single)
    return volume_ml(before + change, model.score)


def _share(part: float, rest: float) -> float:
    """Of a sum of variances; of nothing, nothing."""
    return part / (part + rest) if part else 0.0


def _is_plausible(deviation: float, variance: float) -> bool:
    """Not so for NaN."""
    return abs(deviation) <= IMPLAUSIBLE_SD * math.sqrt(variance)


def _place(volume_ml: float, score: Score) -> float:
    return float(place(np.array([volume_ml], dtype=float), score)[0])


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
        None where too few patients have a follow-up.
    """
    followed = _Followed.among(held_out, days, score)
    models = {fold: followed.model([p.fold != fold for p in held_out]) for fold in followed.folds}
    model = followed.model([True] * len(held_out))
    if model is None or None in models.values():
        return None
    alone, told, previous = [], [], []
    for n, before in followed.earlier.items():
        scan, earlier, of_others = held_out[n], held_out[before], models[held_out[n].fold]
        assert of_others is not None
        usable_ml = earlier.predicted_ml if math.isfinite(_place(earlier.predicted_ml, score)) else None
        told_ml = followed_ml(of_others, scan.predicted_ml, earlier.reference_ml, usable_ml)
        grown_ml = volume_ml(_place(earlier.reference_ml, score) + of_others.growth, score)
        alone.append(scan)
        told.append(scan if told_ml is None else replace(scan, predicted_ml=told_ml))
        previous.append(replace(scan, predicted_ml=grown_ml))
    calibration = calibrate(told, config.model_copy(update={"scaled_by": None, "score": score}), score == "relative")
    record = FollowUp(model, calibration, *(_mae_ml(rows) for rows in (told, alone, previous)))
    return HeldOutFollowUps(tuple(with_held_out_intervals(told, calibration)), record)


@dataclass(frozen=True)
class _Followed:
    """Held-out scans on their axis, and which follows which.

    Attributes:
        references: NaN, as `said`, where the axis has no place for it.
        patients: numbers.
        earlier: place of the scan that each follow-up follows.
        is_dated: whether the order is that of days.
    """

    score: Score
    references: Float[np.ndarray, " scan"]
    said: Float[np.ndarray, " scan"]
    patients: Sequence[str]
    folds: frozenset[int | None]
    earlier: Mapping[int, int]
    is_dated: bool

    @staticmethod
    def among(held_out: Sequence[Prediction], days: Mapping[str, date | None], score: Score) -> "_Followed":
        references = place(np.array([p.reference_ml for p in held_out], dtype=float), score)
        scans = [n for n in range(len(held_out)) if np.isfinite(references[n])]
        is_dated = any(days.get(held_out[n].scan_id) for n in scans)
        earlier = dict(sorted(_pairs(held_out, scans, days if is_dated else None)))
        return _Followed(
            score=score,
            references=references,
            said=place(np.array([p.predicted_ml for p in held_out], dtype=float), score),
            patients=[p.patient_id for p in held_out],
            folds=frozenset(held_out[n].fold for n in earlier),
            earlier=earlier,
            is_dated=is_dated,
        )

    def model(self, known: Sequence[bool]) -> FollowUpModel | None:
        """Of some of the scans; None where these are too few patients with a follow-up."""
        pairs = [(n, before) for n, before in self.earlier.items() if known[n]]
        if len({self.patients[n] for n, _ in pairs}) < FEWEST_PATIENTS:
            return None
        errors = self.said - self.references
        judged = [n for n in range(len(errors)) if known[n] and np.isfinite(errors[n])]
        number = {patient: k for k, patient in enumerate(dict.fromkeys(self.patients[n] for n in judged))}
        if len(number) < FEWEST_PATIENTS:
            return None
        parts = variance_components(errors[judged], np.array([number[self.patients[n]] for n in judged]))
        changes = np.array([self.references[n] - self.references[before] for n, before in pairs])
        growth = float(changes.mean()) if self.is_dated else 0.0
        return FollowUpModel(
            score=self.score,
            growth=growth,
            change_variance=float(np.square(changes - growth).mean()),
            bias=parts.mean,
            patient_variance=parts.between,
            scan_variance=parts.within,
        )


def _pairs(
    held_out: Sequence[Prediction], scans: Iterable[int], days: Mapping[str, date | None] | None
) -> Iterable[tuple[int, int]]:
    """Each follow-up and the scan before it."""
    courses: dict[str, list[int]] = defaultdict(list)
    for n in scans:
        courses[held_out[n].patient_id].append(n)
    for course in courses.values():
        if days is None:
            yield from zip(course[1:], course[:-1], strict=True)
            continue
        dated = sorted((day, n) for n in course if (day := days.get(held_out[n].scan_id)))
        for k, (day, n) in enumerate(dated):
            before = [m for earlier, m in dated[:k] if earlier < day]
            if before:
                yield n, before[-1]


def _mae_ml(rows: Sequence[Prediction]) -> float:
    """Of those that have a number."""
    errors = np.array([abs(p.predicted_ml - p.reference_ml) for p in rows])
    finite = errors[np.isfinite(errors)]
    return float(finite.mean()) if len(finite) else float("nan")
