import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.experiments.tuning.postgresql import binaries, postgresql
from volest.config import load_config
from volest.config.load import differing_keys
from volest.errors import RunError
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
SHORT = (
    "training.epochs=2",
    "training.warmup_epochs=1",
    "model.widths=[8, 8, 8, 8]",
    "preprocessing.shape=[16, 16, 16]",
)


@pytest.fixture
def search(tiny, tmp_path):
    """A search of short trainings within outer fold 0."""

    def make(text=SPACE, name="search", **asked):
        (tmp_path / "space.yaml").write_text(text)
        config, directory = tiny(*SHORT), tmp_path / name
        whole = searched_run(config, 0, 2, directory, Silent())
        space = read_space(str(tmp_path / "space.yaml"))
        given = {"trials": 2, "sampler": "random", "pruner": "none", **asked}
        return Search(config, space, whole, directory, fold=0, **given)

    return make


@pytest.mark.slow
def test_a_search_leaves_its_trials_its_best_configuration_and_goes_on(search, tmp_path):
    asked = search()
    record = run_search(asked, Silent())
    assert [trial.state for trial in record.trials] == ["complete"] * 2
    assert record.trials[0].values == {"training.learning_rate": 0.001, "training.batch_size": "2"}
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
    rates = "training.learning_rate: {kind: choice, choices: [0.001, 1.0e+30]}"
    record = run_search(search(rates, trials=4, pruner="asha"), Silent())
    states = {trial.values["training.learning_rate"]: trial.state for trial in record.trials}
    assert states["1e+30"] == "failed"
    failed = next(trial for trial in record.trials if trial.state == "failed")
    assert "finite" in failed.reason
    assert record.trials[0].state == "complete"


def command(config, out, *more):
    arguments = (
        "--trials",
        4,
        "--fold",
        0,
        "--inner-folds",
        2,
        "--sampler",
        "random",
        "--pruner",
        "none",
        "--silence",
        4,
    )
    settings = [part for setting in SHORT for part in ("--set", setting)]
    program = [sys.executable, "-m", "volest", "tune", out.parent / "space.yaml", "-c", config, "--out", out]
    return [*map(str, (*program, *arguments, *settings, *more))]


def begun(out):
    """Whether somebody trains a network."""
    return any(out.glob("trials/*/fold_*/history.csv"))


@pytest.mark.slow
@pytest.mark.parametrize("storage", ["journal", "postgresql"])
def test_of_two_processes_one_is_killed_and_the_search_is_that_of_one(storage, search, tiny_yaml, tmp_path):
    if storage == "postgresql" and binaries() is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    alone = run_search(search(name="alone", trials=4), Silent())
    out = tmp_path / "shared"
    with ExitStack() as stack:
        more = ("--storage", stack.enter_context(postgresql())) if storage == "postgresql" else ()
        first = subprocess.Popen(command(tiny_yaml, out, *more), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        while not begun(out):
            assert first.poll() is None
            time.sleep(0.02)
        second = subprocess.Popen(command(tiny_yaml, out, *more), stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        told = second.communicate(timeout=240)
        assert second.returncode == 0, told
    shared = read_search(out)
    assert [replace(trial, seconds=None, attempts=1) for trial in shared.trials] == [
        replace(trial, seconds=None) for trial in alone.trials
    ]
    assert sum(trial.attempts for trial in shared.trials) == 5
    assert list(pd.read_csv(out / "trials.csv")["trial"]) == [0, 1, 2, 3]
    keys = set(differing_keys(load_config(out / "best.yaml"), load_config(tmp_path / "alone" / "best.yaml")))
    assert keys == {"run.directory"}
    assert (out / "tune.html").exists()
    assert Path(out / "tune.md").read_text().startswith("The best of 4 configurations is off by ")
