import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from volest.records.evaluation import read_evaluation
from volest.records.folds import Folds, write_folds
from volest.records.manifest import Manifest, Scan, write_manifest
from volest.records.predictions import Prediction, write_predictions
from volest.records.run import RunDirectory

BY_ITSELF = """
import sys
sys.argv = ["volest", "evaluate", *sys.argv[1:]]
from volest.cli.main import run
try:
    run()
finally:
    heavy = {"torch", "lightning", "monai", "torchio", "timm_3d"} & set(sys.modules)
    print("heavy:", sorted(heavy))
    # Not ru_maxrss, which begins with that of the process that started this one.
    peak_kb = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print("memory_mb:", int(peak_kb) / 1024)
"""


def write_run(path, n_scans=400, n_patients=50, n_folds=6, seed=0, error=0.1):
    rng = np.random.default_rng(seed)
    run = RunDirectory(path)
    reference_ml = np.random.default_rng(99).uniform(70, 450, n_scans)
    patients = [f"p{n % n_patients:02}" for n in range(n_scans)]
    fold = {patient: n % n_folds for n, patient in enumerate(dict.fromkeys(patients))}
    predicted_ml = reference_ml * rng.lognormal(0, error, n_scans)
    write_predictions(
        [
            Prediction(f"s{n}", patients[n], fold[patients[n]], float(predicted_ml[n]), float(reference_ml[n]))
            for n in range(n_scans)
        ],
        run.predictions,
    )
    scans = [
        Scan(f"s{n}", patients[n], Path(f"/gone/s{n}.nrrd"), float(reference_ml[n]), device="AB"[n % 2])
        for n in range(n_scans)
    ]
    write_manifest(Manifest(tuple(scans)), run.manifest)
    write_folds(Folds(fold), run.folds)
    return path


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path / "run", n_scans=60, n_patients=20)


@pytest.fixture
def table(tmp_path):
    def write(text):
        (tmp_path / "reader.csv").write_text(text)
        return tmp_path / "reader.csv"

    return write


def test_a_run_is_judged_and_its_figures_are_kept(command, run):
    outcome = command("evaluate", run, "--by", "device", "--by", "fold")
    assert outcome.status == 0, outcome.stderr
    evaluation = read_evaluation(run / "evaluation.json")
    assert (evaluation.overall.n_scans, evaluation.overall.n_patients) == (60, 20)
    assert [band.label for band in evaluation.bands["device"]] == ["A", "B"]
    assert len(evaluation.bands["fold"]) == 6
    assert f"{evaluation.overall.mae_ml.value:.2f}" in outcome.stdout
    assert "upper limit of agreement (mL)" in outcome.stdout


def test_the_same_seed_gives_the_same_file(command, run, tmp_path):
    for name in ("a", "b"):
        assert command("evaluate", run, "--seed", 3, "--out", tmp_path / f"{name}.json").status == 0
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert not (run / "evaluation.json").exists()


def test_runs_are_compared_on_the_same_scans(command, run, tmp_path):
    others = [write_run(tmp_path / f"other{n}", 60, 20, seed=n, error=0.1 * n) for n in (1, 3)]
    outcome = command("evaluate", run, "--against", others[0], "--against", others[1])
    assert outcome.status == 0, outcome.stderr
    alike, worse = read_evaluation(run / "evaluation.json").comparisons
    assert worse.mae_difference_ml.high < 0
    assert worse.p_holm < 0.05 < alike.p_holm


def test_a_table_from_elsewhere_is_judged_without_a_run(command, table, tmp_path):
    rows = "\n".join(f"s{n},{n + 11},{n + 10}" for n in range(12))
    path = table(f"scan_id,predicted_ml,reference_ml\n{rows}\n")
    outcome = command("evaluate", "--predictions", path)
    assert outcome.status == 0, outcome.stderr
    assert "every scan counts as a patient of its own" in outcome.stdout
    assert "12 scans of 12 patients" in outcome.stdout
    assert list(tmp_path.glob("*.json")) == []


def test_a_reader_is_compared_with_a_run_whose_patients_are_known(command, run, tmp_path):
    reader = (run / "predictions.csv").read_text().replace("patient_id", "someone")
    (tmp_path / "reader.csv").write_text(reader)
    assert command("evaluate", run, "--against", tmp_path / "reader.csv").status == 0
    (row,) = read_evaluation(run / "evaluation.json").comparisons
    assert (row.n_patients, row.mae_difference_ml.value) == (20, 0)


def test_millilitres_given_as_cubic_millimetres_are_remarked(command, table):
    rows = "\n".join(f"s{n},{(n + 11) * 1000},{n + 10}" for n in range(12))
    outcome = command("evaluate", "--predictions", table(f"scan_id,predicted_ml,reference_ml\n{rows}\n"))
    assert outcome.status == 0
    assert "predictions in mm3" in outcome.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "either the directory of a run or `--predictions FILE`"),
        (("{run}", "--predictions", "{run}"), "and not both"),
        (("{run}/gone",), "does not exist"),
        (("{run}", "--by", "site"), "--by site"),
        (("{run}", "--out", "figures.txt"), r"ends in .json"),
        (("{run}", "--against", "{run}/folds.csv"), "column 'predicted_ml' is missing"),
        (("{run}/..",), "holds no predictions"),
    ],
)
def test_wrong_use_is_answered_in_words(command, run, arguments, message):
    outcome = command("evaluate", *(argument.format(run=run) for argument in arguments))
    assert outcome.status == 2
    assert message in outcome.stderr
    assert "Traceback" not in outcome.stderr


@pytest.mark.parametrize("rows", ["", "s0,p,0,,12,,,\n", "s0,p,0,abc,12,,,\n", "s0,p,0,inf,12,,,\n"])
def test_a_run_without_a_usable_prediction_ends_in_words(command, run, rows):
    head = (run / "predictions.csv").read_text().splitlines()[0]
    (run / "predictions.csv").write_text(f"{head}\n{rows}")
    outcome = command("evaluate", run)
    assert outcome.status == 2
    assert "Traceback" not in outcome.stderr
    assert str(run) in outcome.stderr


@pytest.mark.parametrize("n_scans", [1, 2])
def test_one_scan_and_one_patient_are_judged_as_far_as_they_go(command, tmp_path, n_scans):
    path = write_run(tmp_path / "run", n_scans=n_scans, n_patients=1, n_folds=2)
    outcome = command("evaluate", path)
    assert outcome.status in (0, 2)
    assert "Traceback" not in outcome.stderr
    assert "one patient" in outcome.stdout + outcome.stderr


def test_a_name_with_markup_is_printed_as_it_is(command, tmp_path):
    path = write_run(tmp_path / "run[bold]é", n_scans=30, n_patients=10)
    outcome = command("evaluate", path)
    assert "run[bold]é" in outcome.stdout


def test_a_large_run_takes_seconds_little_memory_and_no_deep_learning_library(tmp_path):
    path = write_run(tmp_path / "run")
    start = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    outcome = subprocess.run(
        [sys.executable, "-c", BY_ITSELF, str(path), "--by", "device", "--by", "fold", "--against", str(path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    waited_s = time.monotonic() - began
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked_s = end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime
    assert outcome.returncode == 0, outcome.stderr
    figures = dict(line.split(": ") for line in outcome.stdout.splitlines() if line.startswith(("heavy", "memory")))
    assert figures["heavy"] == "[]"
    assert float(figures["memory_mb"]) < 500
    assert worked_s < 5, f"{waited_s:.1f} s waited"
