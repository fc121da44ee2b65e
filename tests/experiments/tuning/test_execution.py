import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pandas as pd
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.experiments.tuning.postgresql import binaries, postgresql
from volest.config import load_config
from volest.config.cluster import ClusterConfig
from volest.config.load import differing_keys
from volest.errors import RunError
from volest.experiments.cluster.cluster import Cluster
from volest.experiments.tuning.execution import run_search
from volest.experiments.tuning.patients import searched_run
from volest.experiments.tuning.search import Search
from volest.experiments.tuning.space import read_space
from volest.progress import Silent
from volest.records.search import read_search

SPACE = """
training.learning_rate: {kind: float, low: 0.0003, high: 0.01, log: true}
training.batch_size: {kind: choice, choices: [2, 4]}
"""
SHORT = ("training.epochs=1", "training.warmup_epochs=0")


def make_search(yaml, directory, text=SPACE, **asked):
    """A search of short trainings within outer fold 0."""
    directory.parent.mkdir(exist_ok=True)
    (directory.parent / "space.yaml").write_text(text)
    config, space = load_config(yaml, SHORT), read_space(str(directory.parent / "space.yaml"))
    whole = searched_run(config, space, 0, 2, directory, Silent())
    given = {"trials": 2, "sampler": "random", "pruner": "none", **asked}
    return Search(config, space, whole, directory, fold=0, **given)


@pytest.fixture
def search(tiny_yaml, tmp_path):
    return lambda text=SPACE, **asked: make_search(tiny_yaml, tmp_path / "search", text, **asked)


@pytest.fixture(scope="module")
def alone(tiny_yaml, tmp_path_factory):
    """A search of three trials by a single process: its record and its best configuration."""
    directory = tmp_path_factory.mktemp("alone") / "search"
    return run_search(make_search(tiny_yaml, directory, trials=3), Silent()), load_config(directory / "best.yaml")


@pytest.mark.slow
def test_a_search_leaves_its_trials_its_best_configuration_and_goes_on(search, tmp_path):
    asked = search()
    record = run_search(asked, Silent())
    assert [trial.state for trial in record.trials] == ["complete"] * 2
    assert record.trials[0].values == {
        "training.learning_rate": asked.config.training.learning_rate,
        "training.batch_size": "2",
    }
    assert record == read_search(asked.directory)
    best = load_config(asked.directory / "best.yaml")
    told = asked.space.settings(record.complete[0].values)
    assert best.training.learning_rate == told["training.learning_rate"]
    assert set(differing_keys(best, asked.config)) <= {*told, "run.directory"}
    events = EventAccumulator(str(asked.directory / "tensorboard" / "trial_0001")).Reload()
    assert events.Scalars("search/mae_ml")[0].value == pytest.approx(record.trials[1].mae_ml.value)
    assert not list(asked.directory.glob("trials/*/fold_*/checkpoints"))

    longer = run_search(replace(asked, trials=3), Silent())
    assert longer.trials[:2] == record.trials
    assert len(longer.trials) == 3
    other = search("training.batch_size: {kind: int, low: 2, high: 4}")
    with pytest.raises(
        RunError, match=r"was begun with another search space\. Choose another directory with `--out DIR`"
    ):
        run_search(other, Silent())
    with pytest.raises(RunError, match="another pruner"):
        run_search(search(pruner="asha"), Silent())


@pytest.mark.slow
def test_a_trial_that_diverges_is_recorded_and_hopeless_ones_are_given_up(search):
    rates = "training.learning_rate: {kind: choice, choices: [0.003, 1.0e+30]}"
    record = run_search(search(rates, trials=4, pruner="asha"), Silent())
    states = {trial.values["training.learning_rate"]: trial.state for trial in record.trials}
    assert states["1e+30"] == "failed"
    failed = next(trial for trial in record.trials if trial.state == "failed")
    assert "finite" in failed.reason
    assert record.trials[0].state == "complete"


class Losing(Cluster):
    """Machines that are this one: the first `given_up` workers are lost too often, the others work."""

    def __init__(self, given_up):
        self.config, self.given_up, self.standings = ClusterConfig(tasks=2), given_up, []

    def carry_out(self, directory, pieces, progress):
        for number, piece in enumerate(pieces):
            if number < self.given_up:
                piece.give_up(f"{piece.name} was lost 4 times.")
            else:
                piece.work(progress)
                assert piece.has_arrived()
            self.standings.append(piece.standing())


class Heard(Silent):
    def __init__(self):
        self.sentences = []

    def tell(self, sentence):
        self.sentences.append(sentence)


@pytest.mark.slow
def test_a_worker_that_is_given_up_leaves_the_trials_to_the_others(search):
    cluster, heard = Losing(given_up=1), Heard()
    record = run_search(search(), heard, cluster)
    assert [trial.state for trial in record.trials] == ["complete"] * 2
    assert "worker 0 was lost 4 times." in heard.sentences
    assert cluster.standings == [0, 2]


def test_where_no_worker_is_left_the_driver_tries_nothing_itself(search):
    asked = search()
    with pytest.raises(RunError, match=r"^0 of 2 trials have ended, and no worker is left: worker 1 was lost 4 times"):
        run_search(asked, Silent(), Losing(given_up=2))
    assert not list(asked.directory.glob("trials/*"))


def arguments(yaml, out, *more):
    """Of `volest tune`, for the search of `alone`."""
    out.parent.mkdir(exist_ok=True)
    (out.parent / "space.yaml").write_text(SPACE)
    asked = ("--trials", 3, "--fold", 0, "--inner-folds", 2, "--sampler", "random", "--pruner", "none", *more)
    settings = [part for setting in SHORT for part in ("--set", setting)]
    return ["tune", *map(str, (out.parent / "space.yaml", "-c", yaml, "--out", out, *asked, *settings))]


def start_a_trial(yaml, out, *more):
    """A process of its own, held in the middle of its first trial: one of two inner folds is trained, or nearly so."""
    process = subprocess.Popen([sys.executable, "-m", "volest", *arguments(yaml, out, *more)], stderr=subprocess.PIPE)
    while not any(out.glob("trials/*/fold_*/history.csv")):
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)
    process.send_signal(signal.SIGSTOP)  # or it might be between two trials when it is killed, and none be lost
    return process


def require_as_alone(out, alone):
    """The same trials with the same errors, one of them begun twice, and the same best configuration."""
    record, best = alone
    shared = read_search(out)
    assert [replace(trial, seconds=None, attempts=1) for trial in shared.trials] == [
        replace(trial, seconds=None) for trial in record.trials
    ]
    assert sum(trial.attempts for trial in shared.trials) == len(record.trials) + 1
    assert list(pd.read_csv(out / "trials.csv")["trial"]) == [0, 1, 2]
    assert differing_keys(load_config(out / "best.yaml"), best) == ["run.directory"]


@pytest.mark.slow
def test_of_two_processes_one_is_killed_and_the_search_is_that_of_one(alone, command, tiny_yaml, tmp_path):
    out = tmp_path / "shared"
    with start_a_trial(tiny_yaml, out) as first:
        threading.Timer(0.3, first.kill).start()
        outcome = command(*arguments(tiny_yaml, out))
    assert outcome.status == 0, outcome.stderr
    assert first.returncode == -signal.SIGKILL
    require_as_alone(out, alone)
    assert (out / "tune.md").read_text().startswith("The best of 3 configurations is off by ")
    assert f"Go on: volest train -c {out / 'best.yaml'} --fold 0" in outcome.stdout
    assert (out / "tune.html").exists()


@pytest.mark.slow
@pytest.mark.skipif(binaries() is None, reason="PostgreSQL is not installed: apt-get install postgresql")
def test_the_same_on_a_database(alone, command, tiny_yaml, tmp_path):
    out = tmp_path / "shared"
    with postgresql() as url:
        database = ("--storage", url, "--silence", 4)
        with start_a_trial(tiny_yaml, out, *database) as first:
            threading.Timer(0.3, first.kill).start()
            outcome = command(*arguments(tiny_yaml, out, *database))
    assert outcome.status == 0, outcome.stderr
    assert first.returncode == -signal.SIGKILL
    require_as_alone(out, alone)
