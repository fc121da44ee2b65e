import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from volest.records.history import read_history
from volest.records.run import RunDirectory
from volest.training.checkpoint import read_checkpoint

DYING = """
import os, signal
from volest.training.module import VolumeRegression
step = VolumeRegression.training_step
def dying(self, batch, batch_idx):
    if (self.current_epoch, batch_idx) == (1, 1):
        {death}
    return step(self, batch, batch_idx)
VolumeRegression.training_step = dying
from volest.cli.main import run
run()
"""
"""`volest`, struck by a signal in the middle of the second epoch: no clock decides when."""

KILLED = "os.kill(os.getpid(), signal.SIGKILL)"
CTRL_C = "os.killpg(0, signal.SIGINT)"  # as a terminal sends it: to the workers too


@pytest.fixture
def line(tiny_yaml, finished_run, tmp_path):
    """The command line that trains fold 0 of the finished run anew, by two workers."""
    settings = (f"data.folds={finished_run.folds}", f"run.directory={tmp_path / 'run'}", "training.workers=2")
    options = [part for setting in settings for part in ("--set", setting)]
    return ["train", "--fold", "0", "-c", str(tiny_yaml), *options]


@pytest.fixture
def fold(tmp_path):
    return RunDirectory(tmp_path / "run").fold(0)


def struck(death, line):
    program = [sys.executable, "-c", DYING.format(death=death), *line]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(program, env=environment, start_new_session=True, capture_output=True, text=True, timeout=300)


def assert_goes_on_as_if_nothing_had_happened(command, line, fold, finished_run):
    assert read_checkpoint(fold.checkpoint)["epoch"] == 0
    assert not fold.is_finished
    outcome = command(*line)
    assert (outcome.status, "Go on with `--resume`" in outcome.stderr) == (2, True)
    assert command(*line, "--resume").status == 0
    for name in ("weights", "model_json", "predictions"):
        assert getattr(fold, name).read_bytes() == getattr(finished_run.fold(0), name).read_bytes()
    times = ["samples_per_s", "loader_wait_share", "gpu_busy_share", "seconds"]
    one, other = (read_history(d.history).drop(columns=times) for d in (fold, finished_run.fold(0)))
    assert one.equals(other)
    assert not list(fold.path.rglob("*.part"))


@pytest.mark.slow
def test_killed_in_mid_epoch_and_resumed_equals_uninterrupted(command, line, fold, finished_run):
    assert struck(KILLED, line).returncode == -signal.SIGKILL
    assert_goes_on_as_if_nothing_had_happened(command, line, fold, finished_run)


@pytest.mark.slow
def test_ctrl_c_keeps_whole_epochs_and_says_how_to_go_on(command, line, fold, finished_run):
    struck_down = struck(CTRL_C, line)
    assert struck_down.returncode == 130
    assert "Traceback" not in struck_down.stderr
    assert struck_down.stderr.splitlines()[-1].startswith("volest: interrupted. A training keeps its whole epochs")
    assert_goes_on_as_if_nothing_had_happened(command, line, fold, finished_run)


def test_what_stands_on_the_screen_is_one_table(command, tiny_yaml, tmp_path):
    options = ("--set", f"run.directory={tmp_path / 'run'}", "--set", "training.epochs=1")
    outcome = command("train", "--fold", 1, "-c", tiny_yaml, *options, "--quiet")
    assert (outcome.status, outcome.stderr) == (0, "")
    assert "fold 1" in outcome.stdout
    assert "MAE (mL)" in outcome.stdout
    assert f"volest monitor {tmp_path / 'run'}" in outcome.stdout


def test_progress_goes_to_standard_error(command, tiny_yaml, tmp_path):
    options = ("--set", f"run.directory={tmp_path / 'run'}", "--set", "training.epochs=2")
    outcome = command("train", "--fold", 1, "-c", tiny_yaml, *options)
    assert "fold 1: training: done" in outcome.stderr
    assert "epoch 2/2  loss" in outcome.stderr
    assert "training" not in outcome.stdout


def test_the_command_is_recorded(finished_run):
    assert json.loads(finished_run.environment.read_text())["command"][:2] == ["volest", "cv"]


def test_a_finished_fold_is_not_trained_again_unasked(command, tiny_yaml, finished_run, tmp_path):
    shutil.copytree(finished_run.path, tmp_path / "run")
    outcome = command("train", "--fold", 0, "-c", tiny_yaml, "--set", f"run.directory={tmp_path / 'run'}")
    assert outcome.status == 2
    assert "fold 0 of" in outcome.stderr
    assert "`--resume`" in outcome.stderr
    assert "`--restart`" in outcome.stderr


def test_a_run_of_another_configuration_is_left_alone(command, tiny_yaml, finished_run, tmp_path):
    shutil.copytree(finished_run.path, tmp_path / "run")
    before = sorted((p, p.stat().st_mtime_ns) for p in (tmp_path / "run").rglob("*"))
    line = ("train", "--fold", 0, "-c", tiny_yaml, "--set", f"run.directory={tmp_path / 'run'}", "--restart")
    outcome = command(*line, "--set", "training.epochs=9")
    assert (outcome.status, "it differs in training.epochs" in outcome.stderr) == (2, True)
    assert sorted((p, p.stat().st_mtime_ns) for p in (tmp_path / "run").rglob("*")) == before


def test_a_folder_with_other_things_is_left_alone(command, tiny_yaml, tmp_path):
    (tmp_path / "thesis.docx").write_text("")
    outcome = command("train", "--fold", 0, "-c", tiny_yaml, "--set", f"run.directory={tmp_path}")
    assert (outcome.status, "holds files but no run" in outcome.stderr) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_a_training_that_diverges_ends_with_status_2(command, tiny_yaml, tmp_path):
    settings = ("training.learning_rate=1e30", "training.gradient_clip=null", "training.warmup_epochs=0")
    options = [part for s in (*settings, f"run.directory={tmp_path / 'run'}") for part in ("--set", s)]
    outcome = command("train", "--fold", 0, "-c", tiny_yaml, *options)
    assert outcome.status == 2
    assert "volest: fold 0: " in outcome.stderr
    assert "Lower training.learning_rate" in outcome.stderr
    assert "Traceback" not in outcome.stderr
