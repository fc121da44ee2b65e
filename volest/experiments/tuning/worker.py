"""One of the processes that work on a search: it takes a trial, trains it, tells the storage, and takes the next."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from warnings import catch_warnings, simplefilter

import optuna
from filelock import FileLock, Timeout
from optuna.exceptions import ExperimentalWarning, UpdateFinishedTrialError
from optuna.trial import TrialState

from volest.experiments.failure import FAILURES, reason_of
from volest.experiments.tuning.places import ATTEMPT, REASON, RETRY_OF, STOPPED, Place, place_of, places_of
from volest.records.lock import system_lock

POLL_S = 1.0
"""Between two looks at trials that other workers train."""

Attempt = Callable[[Place, optuna.Trial], float]
"""Trains the trial of a place and returns its error."""


class _EndedError(Exception):
    """The attempt has ended without a number; why has been recorded."""


class Worker:
    """Takes trials until all have ended, those of workers that died included.

    Who works on a trial holds the lock of its place. A journal's workers are asked for life by these locks, as the
    system frees the lock of a process that dies; those of a database give signs of life to it. Before it asks for a
    trial, a worker of the same directory waits at the gate, so that a trial is counted and owned before another asks.

    Args:
        study: in the storage.
        wanted: trials that may take place.
        attempt: trains one.
        directory: of the locks.
        has_heartbeats: whether workers give signs of life to the storage.
        tell: told of what happens.
        ended: called after each attempt.
    """

    def __init__(
        self,
        study: optuna.Study,
        wanted: int,
        attempt: Attempt,
        directory: Path,
        has_heartbeats: bool,
        tell: Callable[[str], None],
        ended: Callable[[], None],
    ) -> None:
        self.study, self.wanted, self.attempt = study, wanted, attempt
        self.has_heartbeats, self.tell, self.ended = has_heartbeats, tell, ended
        self.directory = directory
        self.directory.mkdir(parents=True, exist_ok=True)
        self.gate = system_lock(directory / "gate.lock")
        self.number = -1
        """Of the attempt in hand, in the storage."""
        self.owner: FileLock | None = None
        """Lock of its place."""

    def run(self) -> None:
        """Work until every place has ended.

        Raises:
            KeyboardInterrupt: Ctrl-C; the trial in hand waits for the next worker.
        """
        is_waiting = False
        while True:
            with self.gate:
                places = self._places()
                if len(places) < self.wanted or any(place.state == "waiting" for place in places):
                    self._work()
                    continue
            running = sum(place.state == "running" for place in places)
            if not running:
                return
            if not is_waiting:
                self.tell(f"no trial is left to begin; waiting for the {running} that other workers have in hand")
            is_waiting = True
            time.sleep(POLL_S)

    def _places(self) -> list[Place]:
        """As they are once the dead are told and what they left behind waits for another."""
        if self.has_heartbeats:
            with catch_warnings():
                simplefilter("ignore", ExperimentalWarning)
                optuna.storages.fail_stale_trials(self.study)
        places = self._read()
        if not self.has_heartbeats:
            for place in places:
                self._bury(place)
            places = self._read()
        lost = [place for place in places if place.is_lost]
        for place in lost:
            self._renew(place)
        return self._read() if lost else places

    def _read(self) -> list[Place]:
        return places_of(self.study.get_trials(deepcopy=False), self.wanted)

    def _bury(self, place: Place) -> None:
        """Tell that an attempt is lost, if nobody holds its lock."""
        if place.last.state is TrialState.RUNNING:
            try:
                with self._owner(place).acquire(blocking=False):
                    # its owner may have ended it between the look at it and the lock
                    self.study.tell(place.last.number, state=TrialState.FAIL, skip_if_finished=True)
            except Timeout:
                return

    def _renew(self, place: Place) -> None:
        """Put another attempt at the same values into the queue."""
        attempt = int(place.last.user_attrs.get(ATTEMPT, 0)) + 1
        self.study.add_trial(
            optuna.create_trial(
                state=TrialState.WAITING,
                params=place.last.params,
                distributions=place.last.distributions,
                user_attrs={RETRY_OF: place.attempts[0].number, ATTEMPT: attempt},
            )
        )

    def _owner(self, place: Place) -> FileLock:
        return system_lock(self.directory / f"trial_{place.number:04d}.lock")

    def _work(self) -> None:
        """One attempt; the gate is left as soon as it is owned."""
        try:
            self.study.optimize(self._attempt, n_trials=1, catch=(_EndedError,))
        except (ValueError, AssertionError, UpdateFinishedTrialError):  # all three are Optuna's for one thing
            if not self._was_taken_over():
                raise
            self.tell(
                "another worker has taken over a trial of this one, which gave no sign of life for too long; what this "
                "one found is dropped"
            )
        finally:
            if self.owner is not None:  # not before the storage knows how the attempt has ended
                self.owner.release()
        self.ended()

    def _attempt(self, trial: optuna.Trial) -> float:
        self.number = trial.number
        place = place_of(trial.number, self._read())
        if place is None:  # two workers without a gate in common have asked for the last trial at once
            trial.set_user_attr(STOPPED, True)
            raise _EndedError
        self.owner = self._own(place)
        try:
            return self.attempt(place, trial)
        except KeyboardInterrupt:
            trial.set_user_attr(STOPPED, True)
            raise
        except UpdateFinishedTrialError:
            raise
        except FAILURES as error:
            trial.set_user_attr(REASON, reason_of(error))
            raise _EndedError from None

    def _own(self, place: Place) -> FileLock:
        """Take the lock, then leave the gate.

        A worker that a database takes for dead may hold it still; it lets go once it finds out, or dies.
        """
        owner = self._owner(place)
        with suppress(Timeout):
            owner.acquire(blocking=False)
        self.gate.release()
        if not owner.is_locked:
            owner.acquire()
        return owner

    def _was_taken_over(self) -> bool:
        trials = {trial.number: trial for trial in self.study.get_trials(deepcopy=False)}
        return self.number in trials and trials[self.number].state is TrialState.FAIL
