"""The trials of a search, each in its place; an attempt whose process died makes room for another in the same place."""

from collections.abc import Sequence
from dataclasses import dataclass

from optuna.trial import FrozenTrial, TrialState

from volest.records.search import State

RETRY_OF, ATTEMPT = "retry_of", "attempt"
"""Attributes of a further attempt: number of the first one in the storage, and which attempt it is, from 1."""

REASON, STOPPED = "reason", "stopped"
"""Attributes of an attempt that failed by itself, and of one that its user stopped."""

MOST_DEATHS = 3
"""Attempts at a configuration that may die; memory that runs out kills each of them."""


@dataclass(frozen=True)
class Place:
    """A trial as the user counts them, with its attempts in the storage, the first one first.

    Attributes:
        number: from 0.
    """

    number: int
    attempts: tuple[FrozenTrial, ...]

    @property
    def last(self) -> FrozenTrial:
        """The attempt that counts."""
        return self.attempts[-1]

    @property
    def deaths(self) -> int:
        """Attempts whose process was ended from outside."""
        return sum(_is_lost(attempt) and STOPPED not in attempt.user_attrs for attempt in self.attempts)

    @property
    def is_lost(self) -> bool:
        """Whether somebody must try again."""
        return _is_lost(self.last) and self.deaths < MOST_DEATHS

    @property
    def state(self) -> State:
        """Where it stands."""
        if self.is_lost or self.last.state is TrialState.WAITING:
            return "waiting"
        if self.last.state is TrialState.RUNNING:
            return "running"
        if self.last.state is TrialState.FAIL:
            return "failed"
        return "pruned" if self.last.state is TrialState.PRUNED else "complete"

    @property
    def has_ended(self) -> bool:
        """Whether nothing is left to do."""
        return self.state in ("complete", "pruned", "failed")

    @property
    def reason(self) -> str:
        """Why it failed; empty where it did not."""
        if self.state != "failed":
            return ""
        died = f"its process was ended from outside {self.deaths} times, as systems do when memory runs out"
        return str(self.last.user_attrs.get(REASON, died))


def places_of(trials: Sequence[FrozenTrial], wanted: int) -> list[Place]:
    """The first `wanted` places.

    Trials are numbered in the order in which the storage took them, so that all workers see the same places even where
    two of them asked at once: what came later than it should takes no place. Nothing of it is ever run.
    """
    attempts: dict[int, dict[int, FrozenTrial]] = {}
    for trial in sorted(trials, key=lambda trial: trial.number):
        first = trial.user_attrs.get(RETRY_OF, trial.number)
        attempts.setdefault(first, {}).setdefault(trial.user_attrs.get(ATTEMPT, 0), trial)
    return [
        Place(number, tuple(own[attempt] for attempt in sorted(own)))
        for number, (_, own) in enumerate(sorted(attempts.items())[:wanted])
    ]


def place_of(number: int, places: Sequence[Place]) -> Place | None:
    """The place whose last attempt has this number in the storage; None for what takes no place."""
    return next((place for place in places if place.last.number == number), None)


def _is_lost(attempt: FrozenTrial) -> bool:
    return attempt.state is TrialState.FAIL and REASON not in attempt.user_attrs
