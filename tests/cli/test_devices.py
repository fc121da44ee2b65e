"""One training in two processes: on CPUs, through gloo."""

import os
import socket
import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest
from safetensors.numpy import load_file

from volest.cli import company as module
from volest.cli.company import company
from volest.config import load_config
from volest.config.schema import TrainingConfig
from volest.errors import ConfigError
from volest.phantoms.population import PRESETS
from volest.phantoms.study import write_phantoms
from volest.records.run import RunDirectory

RECIPE = """
data: {{manifest: {manifest}}}
split: {{folds: 2}}
preprocessing: {{voxel_budget: 32768, cache: {cache}}}
model: {{widths: [8, 8, 16, 16]}}
training: {{epochs: 20, batch_size: 8, workers: 0, threads: 1, device: cpu, optimizer: sgd, learning_rate: 0.001,
  warmup_epochs: 2}}
"""
"""Eight training scans in a batch of eight: an epoch is one step, and its loss that of the step.

AdamW divides each gradient by its own size, and so makes much of the last bits of small ones: with it two halves of a
batch that one process accumulates come apart from the whole batch just as two processes do.
"""


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    folder = tmp_path_factory.mktemp("devices")
    preset = replace(
        PRESETS["small"], patients=8, scans=16, shape=(24, 24, 24), spacing_mm=(3.4, 4.1), samples=(36, 32, 32)
    )
    path = folder / "volest.yaml"
    path.write_text(RECIPE.format(manifest=write_phantoms(preset, folder, seed=1), cache=folder / "cache"))
    return path


def train(command, recipe, run, *arguments):
    outcome = command("train", "--fold", 0, "-c", recipe, "--set", f"run.directory={run}", "--quiet", *arguments)
    assert outcome.status == 0, outcome.stderr
    return RunDirectory(run).fold(0)


def in_processes(recipe, run, *arguments, launcher=("-m", "volest"), options=("--devices", "2")):
    settings = ("-c", recipe, "--set", f"run.directory={run}", "--quiet")
    command = [sys.executable, *launcher, "train", "--fold", "0", *options, *map(str, (*settings, *arguments))]
    ended = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    return ended, RunDirectory(run).fold(0)


@pytest.mark.slow
def test_two_processes_train_as_one_does(command, recipe, tmp_path):
    alone = train(command, recipe, tmp_path / "one")
    ended, together = in_processes(recipe, tmp_path / "two")
    assert ended.returncode == 0, ended.stderr
    one, two = pd.read_csv(alone.history), pd.read_csv(together.history)
    assert len(two) == 20
    assert (one["train_loss"] - two["train_loss"]).abs().max() < 1e-5
    assert one["train_loss"].std() > 0.05  # something was learnt, or drawn
    for name in (n for n in one if n.startswith(("train_", "val_"))):
        # Rounding grows with the steps, most in R²; a scan counted twice would move these by per cents.
        assert two[name].tolist() == pytest.approx(one[name].tolist(), rel=5e-4, abs=5e-4), name
    told, said = pd.read_csv(alone.predictions), pd.read_csv(together.predictions)
    assert said["scan_id"].tolist() == told["scan_id"].tolist()
    assert said["predicted_ml"].tolist() == pytest.approx(told["predicted_ml"].tolist(), rel=1e-4)
    assert sorted(p.name for p in together.path.iterdir() if "tfevents" not in p.name) == sorted(
        p.name for p in alone.path.iterdir() if "tfevents" not in p.name
    )
    assert len(list(together.path.glob("*tfevents*"))) == len(list(alone.path.glob("*tfevents*")))


@pytest.mark.slow
def test_torchrun_starts_it_too_and_a_rest_that_cannot_be_halved_counts_as_it_should(command, recipe, tmp_path):
    """Batches of 5 and 3 scans, in parts of 2 and 3, and of 1 and 2."""
    settings = ("--set", "training.batch_size=5", "--set", "training.epochs=2", "--set", "training.loss=mse")
    alone = train(command, recipe, tmp_path / "one", *settings)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    torchrun = ("-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", str(port), "-m", "volest")
    ended, together = in_processes(recipe, tmp_path / "two", *settings, launcher=torchrun, options=())
    assert ended.returncode == 0, ended.stderr
    one, two = load_file(alone.weights), load_file(together.weights)
    assert all(abs(one[name] - two[name]).max() < 1e-5 for name in one)


@pytest.mark.slow
def test_processes_that_judge_unlike_numbers_of_batches_come_to_their_end(recipe, tmp_path):
    """Eight scans are 2, 3 and 3: one batch of two scans, or two; ghost batch norm has buffers to share."""
    settings = {"model.norm": "ghost", "model.ghost_batch_size": 2, "training.batch_size": 6, "training.epochs": 2}
    settings = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
    ended, together = in_processes(recipe, tmp_path / "three", *settings, options=("--devices", "3"))
    assert ended.returncode == 0, ended.stderr
    assert len(pd.read_csv(together.history)) == 2


def test_several_machines_need_somebody_who_starts_them(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    with pytest.raises(ConfigError, match="start this command on each machine"), company(2, 2, TrainingConfig()):
        pass


def test_as_many_processes_as_asked_for_must_be_there(monkeypatch):
    for name, value in {"RANK": "0", "WORLD_SIZE": "4", "LOCAL_RANK": "0"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match="are 2 processes, but 4 were started"), company(2, 1, TrainingConfig()):
        pass


def test_a_process_that_hears_no_request_is_ended_all_the_same(monkeypatch):
    monkeypatch.setattr(module, "GRACE_S", 0.2)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        module._end([process])
        assert process.returncode == -9


def test_alone_nothing_is_started(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    with company(None, 1, load_config(None).training) as shows:
        assert shows
