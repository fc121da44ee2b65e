import importlib.util
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location(
    "diagnosed_generator", Path(__file__).parents[1] / "diagnostics/generator.py"
)
generator = sys.modules[_spec.name] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(generator)


@pytest.fixture
def healthy_run(tmp_path):
    return generator.write(generator.healthy(1), tmp_path / "run")


@pytest.fixture
def collapsed_run(tmp_path):
    study = generator.healthy(1)
    study.scans["predicted_ml"] = study.scans["reference_ml"].mean()
    return generator.write(study, tmp_path / "run")


def test_a_healthy_run_ends_with_status_0_and_says_what_passed(command, healthy_run):
    outcome = command("diagnose", healthy_run.path)
    assert (outcome.status, outcome.stderr) == (0, "")
    assert "VOL101 passed: held-out scans are" in outcome.stdout
    assert "0 errors, 0 warnings" in outcome.stdout
    assert json.loads(healthy_run.findings.read_text())["findings"] == []


def test_errors_end_with_status_1_and_stand_above_warnings(command, collapsed_run):
    outcome = command("diagnose", collapsed_run.path)
    assert outcome.status == 1
    severities = [finding["severity"] for finding in json.loads(collapsed_run.findings.read_text())["findings"]]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)
    assert outcome.stdout.index("error") < outcome.stdout.index("warning") < outcome.stdout.index("passed")


def test_thresholds_can_be_set_and_nothing_else(command, healthy_run):
    strict = command("diagnose", healthy_run.path, "--set", "diagnosis.overfit_ratio=1.01")
    assert "VOL101" in strict.stdout.split("passed")[0]
    refused = command("diagnose", healthy_run.path, "--set", "training.epochs=3")
    assert refused.status == 2
    assert "only diagnosis.key=value can be set" in refused.stderr


def test_what_is_no_run_is_wrong_use(command, tmp_path):
    outcome = command("diagnose", tmp_path)
    assert outcome.status == 2
    assert "is no run" in outcome.stderr


def test_a_cross_validation_ends_with_its_diagnosis(command, finished_run, tiny_yaml, tmp_path):
    shutil.copytree(finished_run.path, tmp_path / "run")
    outcome = command("cv", "-c", tiny_yaml, "--set", f"run.directory={tmp_path / 'run'}", "--quiet")
    assert outcome.status == 0
    assert outcome.stdout.index("Held-out scans") < outcome.stdout.index("not applicable")
    assert (tmp_path / "run/findings.json").exists()


def test_thresholds_may_change_within_a_run(command, finished_run, tiny_yaml, tmp_path):
    shutil.copytree(finished_run.path, tmp_path / "run")
    settings = ("--set", f"run.directory={tmp_path / 'run'}", "--set", "diagnosis.fewest_patients=50")
    assert command("cv", "-c", tiny_yaml, *settings, "--quiet").status == 0


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read as Linux tells it")
def test_a_large_run_takes_seconds_little_memory_and_no_torch(tmp_path):
    run = generator.write(generator.healthy(0, patients=49, scans=400, folds=6, epochs=200), tmp_path / "run")
    script = (
        "import sys; from volest.cli.main import run; sys.argv[1:] = ['diagnose', sys.argv[1]]\n"
        "try: run()\n"
        "finally: print([line.split()[1] for line in open('/proc/self/status') if 'VmHWM' in line][0],"
        " 'torch' in sys.modules)"
    )
    started, cpu = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    line = [sys.executable, "-c", script, str(run.path)]
    done = subprocess.run(line, capture_output=True, text=True, env=environment, check=False)
    seconds = min(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - cpu)
    assert done.returncode == 0, done.stdout + done.stderr
    peak_kb, torch = done.stdout.split()[-2:]
    assert torch == "False"
    assert int(peak_kb) < 500_000
    assert seconds < 5  # of the processor, which other tests share
