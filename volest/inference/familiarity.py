"""Whether a scan is like those that a run was trained on: one calibrated number, and reasons in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from volest.errors import RunError
from volest.evaluation.typicality import Typicality
from volest.inference.traits import ANEW
from volest.records.novelty import Novelty


@dataclass(frozen=True)
class Placement:
    """One scan among the held-out scans of a run.

    Attributes:
        score: of its most unusual trait, in standard deviations of held-out scans; large is unusual.
        typicality: share of the held-out patients that are at least as unusual, the new one among them.
        unusual: names of the traits that are more unusual than the threshold allows for the most unusual one, the
            worst first; empty for a scan that is not refused.
    """

    score: float
    typicality: float
    unusual: tuple[str, ...]


class Familiarity:
    """How far held-out scans lie from the training scans, and where a new scan stands among them.

    Each distance is judged on a logarithmic scale, against the mean and the spread that it has over held-out scans; the
    score is that of the worst trait, as one reason is enough. What many traits do to the worst of them is undone by
    ranking the score itself, among the scores of scans that the same networks had never seen.
    """

    def __init__(self, held_out: Sequence[Novelty], rejected: float) -> None:
        """Learn from held-out scans, one at least; refuse the share `rejected` of new patients' scans at most."""
        known = (row.distances.keys() for row in held_out)  # folds of an earlier version may know fewer
        self._names = tuple(sorted(set.intersection(*map(set, known))))
        logs = np.log([[row.distances[name] for name in self._names] for row in held_out])
        self._mean, self._sd = logs.mean(axis=0), np.maximum(logs.std(axis=0), 0.1)
        self.scores = {row.scan_id: self._score([row.distances]) for row in held_out}
        patients = [row.patient_id for row in held_out]
        self.typicality = Typicality(np.array(list(self.scores.values())), patients)
        self.threshold = self.typicality.threshold(rejected)
        self._rejected = rejected

    @property
    def reservation(self) -> str:
        """What so few held-out patients cannot tell, in a sentence; empty where they are enough."""
        patients, least = self.typicality.n_patients, self.typicality.least
        if not 0 < self._rejected < least:
            return ""
        return (
            f"{patients} held-out patient{'s'[: patients != 1]} cannot tell the most unusual {100 * self._rejected:g}% "
            "of scans (refusal.rejected_percent): what is more unusual than all of theirs is called unlike "
            f"the training scans, as up to {100 * least:.2g}% of usual scans are."
        )

    def place(self, distances: Sequence[Mapping[str, float]]) -> Placement:
        """A scan by its distances from the training scans of each fold."""
        z = self._z(distances)
        order = np.argsort(-z, kind="stable")
        unusual = tuple(self._names[place] for place in order if z[place] > self.threshold)
        score = float(z.max())
        return Placement(score, self.typicality.of(score), unusual)

    def _score(self, distances: Sequence[Mapping[str, float]]) -> float:
        return float(self._z(distances).max())

    def _z(self, distances: Sequence[Mapping[str, float]]) -> np.ndarray:
        if odd := [name for name in self._names if any(name not in of_fold for of_fold in distances)]:
            raise RunError(f"novelty.csv of the folds holds {odd[0]!r}, which this version does not measure. {ANEW}")
        logs = np.log([[of_fold[name] for name in self._names] for of_fold in distances])
        return np.asarray((logs.mean(axis=0) - self._mean) / self._sd)
