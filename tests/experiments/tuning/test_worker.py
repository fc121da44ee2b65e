import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import optuna
import pytest

from volest.errors import TrainingError
from volest.experiments.tuning.places import places_of
from volest.experiments.tuning.storage import open_storage
from volest.experiments.tuning.worker import Worker

optuna.logging.set_verbosity(optuna.logging.ERROR)


@pytest.fixture
def study(tmp_path):
    """The search in the journal of the folder, as another process would open it."""
    return lambda: optuna.create_study(
        storage=open_storage(None, tmp_path, 90),
        study_name="fake",
        load_if_exists=True,
        pruner=optuna.pruners.NopPruner(),
    )


@pytest.fixture
def worker(study, tmp_path):
    def make(attempt, wanted=4):
        return Worker(study(), wanted, attempt, tmp_path / "locks", False, lambda sentence: None, lambda: None)

    return make


def states(study, wanted=4):
    return [(place.state, len(place.attempts)) for place in places_of(study().get_trials(), wanted)]


def test_every_trial_is_tried_once_and_none_beyond_those_wanted(worker, study):
    seen = []
    worker(lambda place, trial: seen.append(place.number) or 1.0).run()
    worker(lambda place, trial: pytest.fail("everything had ended")).run()
    assert seen == [0, 1, 2, 3]
    assert states(study) == [("complete", 1)] * 4
    worker(lambda place, trial: seen.append(place.number) or 1.0, wanted=5).run()
    assert seen[4:] == [4]


def test_a_trial_that_ends_while_another_worker_looks_at_it_is_not_buried(worker, study):
    own = worker(lambda place, trial: 1.0)
    running = study()
    trial = running.ask()
    [place] = own._read()
    running.tell(trial, 2.0)
    own._bury(place)
    assert [trial.value for trial in study().get_trials()] == [2.0]


def test_a_trial_that_fails_is_recorded_and_the_others_go_on(worker, study):
    def attempt(place, trial):
        if place.number == 1:
            raise TrainingError("the loss is not finite")
        if place.number == 2:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB\nand more")
        return 1.0

    worker(attempt).run()
    places = places_of(study().get_trials(), 4)
    assert [place.state for place in places] == ["complete", "failed", "failed", "complete"]
    assert places[1].reason == "the loss is not finite"
    assert places[2].reason == "out of memory: CUDA out of memory. Tried to allocate 2 GiB"


def test_a_number_that_is_none_is_no_result(worker, study):
    with pytest.raises(TypeError):
        worker(lambda place, trial: len(None)).run()  # a fault of ours ends the worker
    assert states(study) == [("waiting", 1)]


def test_a_search_that_was_stopped_goes_on_with_the_same_values(worker, study):
    drawn = []

    def attempt(place, trial):
        drawn.append((place.number, trial.suggest_float("x", 0, 1)))
        if len(drawn) == 2:
            raise KeyboardInterrupt
        return 1.0

    with pytest.raises(KeyboardInterrupt):
        worker(attempt).run()
    assert states(study) == [("complete", 1), ("waiting", 1)]
    worker(attempt).run()
    assert drawn[1] == drawn[2]
    assert states(study) == [("complete", 1), ("complete", 2), ("complete", 1), ("complete", 1)]


def test_workers_share_the_trials(worker, study):
    seen, errors = [], []

    def attempt(place, trial):
        seen.append(place.number)
        time.sleep(0.02)
        return 1.0

    def work():
        try:
            worker(attempt, wanted=12).run()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert Counter(seen) == Counter(range(12))
    assert len(study().get_trials()) == 12


@pytest.mark.slow
def test_killed_workers_lose_no_trial_and_repeat_none(study, tmp_path):
    """Four workers, of whom two are killed at any moment of their trials."""
    command = [sys.executable, str(Path(__file__).with_name("one_worker.py")), str(tmp_path), "16", "0.25"]
    processes = [subprocess.Popen(command) for _ in range(4)]
    begun = tmp_path / "begun"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and (not begun.exists() or len(begun.read_text().splitlines()) < 4):
        time.sleep(0.02)
    for process in processes[:2]:
        os.kill(process.pid, signal.SIGKILL)
        time.sleep(0.15)
    assert [process.wait(timeout=60) for process in processes[2:]] == [0, 0]
    for process in processes[:2]:
        process.wait()
    places = places_of(study().get_trials(), 16)
    assert [place.state for place in places] == ["complete"] * 16
    assert len(study().get_trials()) == 16 + sum(place.deaths for place in places)
    tried = [line.split()[1:] for line in begun.read_text().splitlines()]
    values = {number: {value for n, value in tried if n == number} for number, _ in tried}
    assert all(len(different) == 1 for different in values.values())
    times = Counter(int(number) for number, _ in tried)  # a worker may die before it has begun what it took
    assert all(1 <= times[place.number] <= len(place.attempts) for place in places)
