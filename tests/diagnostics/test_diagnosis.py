"""Every fault against every check. The generator is `generator.py`, the faults are `faults.py`; nothing is trained."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from volest.diagnostics.diagnosis import CHECKS
from volest.records.findings import Severity

_spec = importlib.util.spec_from_file_location("diagnostics_faults", Path(__file__).with_name("faults.py"))
faults = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(faults)

TABLE = {
    "overfitting": {"VOL101"},
    "turning": {"VOL102"},
    "underfitting": {"VOL103"},
    "no_skill": {"VOL104"},
    "beaten_by_a_baseline": {"VOL104"},
    "mean_collapse": {"VOL104", "VOL105", "VOL106", "VOL120"},
    "proportional_bias": {"VOL106", "VOL120"},
    "constant_bias": {"VOL107", "VOL120"},
    "unlike_fold": {"VOL108"},
    "dominant_patient": {"VOL104", "VOL109"},
    "falling_curve": {"VOL110"},
    "noisy_curve": {"VOL111"},
    "diverged": {"VOL112"},
    "spiking_loss": {"VOL112"},
    "jumping_error": {"VOL112"},
    "exploding_gradient": {"VOL112"},
    "low_learning_rate": {"VOL113"},
    "flat_training": {"VOL103", "VOL104", "VOL105", "VOL106", "VOL114", "VOL120"},
    "unscaled_target": {"VOL115", "VOL118"},
    "label_breaking": {"VOL116"},
    "copies_made_before_training": {"VOL116"},
    "patient_in_two_folds": {"VOL117", "VOL118"},
    "file_in_two_folds": {"VOL117"},
    "near_copy_in_two_folds": {"VOL117"},
    "scaling_outside_the_fold": {"VOL118"},
    "model_of_another_run": {"VOL118"},
    "memorised_patient": {"VOL119"},
    "error_by_device": {"VOL120"},
    "error_by_spacing": {"VOL120"},
    "error_by_covariate": {"VOL106", "VOL120"},
    "error_by_date": {"VOL120"},
    "error_by_image_quality": {"VOL120"},
    "error_by_size": {"VOL120"},
    "outlier_scan": set(),
    "loader_wait": set(),
    "prediction_of_nothing": {"VOL123"},
}
"""What each planted fault makes the checks say above a note, on seed 1; its own code stands in PLANTED.

A fault that spoils the predictions is seen by several checks: a mean for every scan has no skill, no spread, and an
error that goes with the volume. None is blamed for what has nothing to do with it: curves know nothing of labels.
"""

NOTES_ALONE = {"outlier_scan": "VOL121", "loader_wait": "VOL122"}
"""Faults that are worth no more than a note."""


def loud(diagnosis):
    return {finding.code for finding in diagnosis.findings if finding.severity is not Severity.NOTE}


@pytest.mark.parametrize("seed", range(20))
def test_a_healthy_run_has_nothing_above_a_note(planted, judged, seed):
    assert loud(judged(planted(seed=seed))) == set()


def test_nor_has_a_large_one(planted, judged):
    assert loud(judged(planted(patients=49, scans=371, folds=6, epochs=100))) == set()


def test_a_healthy_run_is_judged_by_every_check(planted, judged):
    diagnosis = judged(planted())
    assert diagnosis.not_applicable == ()
    assert {fault.code for fault, _ in CHECKS} == {said.code for said in (*diagnosis.passed, *diagnosis.findings)}


@pytest.mark.parametrize("fault", faults.PLANTED, ids=lambda fault: fault.__name__)
def test_each_fault_is_found_by_its_own_check_and_by_no_other_than_the_table_says(planted, judged, fault):
    diagnosis = judged(planted(fault))
    assert faults.PLANTED[fault] in {finding.code for finding in diagnosis.findings}
    assert loud(diagnosis) == TABLE[fault.__name__]


@pytest.mark.parametrize("seed", [2, 3])
@pytest.mark.parametrize("fault", faults.PLANTED, ids=lambda fault: fault.__name__)
def test_it_is_found_whatever_the_seed(planted, judged, fault, seed):
    assert faults.PLANTED[fault] in {finding.code for finding in judged(planted(fault, seed)).findings}


def test_every_check_has_a_fault_that_it_must_find():
    assert {fault.code for fault, _ in CHECKS} - set(faults.PLANTED.values()) == {"VOL100"}  # test_broken_records.py
    assert {code for code in TABLE if code not in NOTES_ALONE} <= {fault.__name__ for fault in faults.PLANTED}


def test_the_same_run_is_judged_alike_twice(planted, judged):
    run = planted(faults.mean_collapse)
    assert judged(run) == judged(run)


def test_findings_name_their_fault_and_nothing_is_left_unsaid(planted, judged):
    severities = {fault.code: fault.severities for fault, _ in CHECKS}
    for fault in faults.PLANTED:
        for finding in judged(planted(fault)).findings:
            assert finding.severity in severities[finding.code]
            assert finding.sentence.endswith((".", "!")), finding.sentence
            assert finding.remedy.endswith("."), finding.remedy
            assert finding.figures, finding.code
            assert "nan" not in f"{finding.sentence} {finding.remedy}".split()
            assert "VOL1" not in finding.remedy, "the finding it refers to may have passed"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faults.overfitting, r"held-out scans are 6\.53 mL off on average and training scans 1\.\d\d mL"),
        (faults.turning, r"lowest about epoch 2\d"),
        (faults.unlike_fold, r"Fold 2 is unlike the others"),
        (faults.dominant_patient, r"Fold 1 depends on patient 'p"),
        (faults.label_breaking, r"changes the volume by 29% on average"),
        (faults.copies_made_before_training, r"4 pairs .* share a reference, 3 of them at two sizes\. .* up to 37\.2%"),
        (faults.near_copy_in_two_folds, r"'p00-0' and 'p01-0' \(0\.93\)"),
        (faults.patient_in_two_folds, r"1 patient stands in two parts: 'p00'"),
        (faults.file_in_two_folds, r"'p00-0' and 'p01-0'"),
        (faults.outlier_scan, r"'p06-0' \+1\d\d%"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_sentences_hold_the_figures_of_the_fault(planted, judged, fault, words):
    import re

    own = [f.sentence for f in judged(planted(fault)).findings if f.code == faults.PLANTED[fault]]
    assert any(re.search(words, sentence) for sentence in own), own


def test_thresholds_decide(planted, judged):
    run = planted(faults.constant_bias)
    assert "VOL107" in loud(judged(run))
    assert "VOL107" not in loud(judged(run, bias_percent=30.0))


def test_steps_that_throw_the_error_about_are_not_called_too_small(planted, judged):
    """Too large a learning rate learns nothing either: its loss creeps as that of too small a one does."""

    def restless(study, targets):
        faults.low_learning_rate(study, targets)
        for history in study.histories.values():
            history["train_mae_ml"] *= np.exp(study.rng.normal(0, 0.6, study.epochs))

    assert "VOL113" in loud(judged(planted(faults.low_learning_rate)))
    assert "VOL113" not in loud(judged(planted(restless)))


def test_intervals_count_patients_and_not_their_scans(generator, tmp_path, judged):
    """Each scan twice tells nothing new: the same interval, where a bootstrap over scans would narrow it by sqrt(2)."""
    import pandas as pd

    study = generator.healthy(1)
    study.scans["predicted_ml"] += 0.12 * study.scans["reference_ml"].mean()
    once = judged(generator.write(study, tmp_path / "once"))
    twins = study.scans.assign(scan_id=study.scans["scan_id"] + "-again", sha256=None)
    study.scans = pd.concat([study.scans, twins], ignore_index=True)
    study.baselines = pd.concat([study.baselines, study.baselines.assign(scan_id=twins["scan_id"].to_numpy())])
    twice = judged(generator.write(study, tmp_path / "twice"))
    bias = [next(f for f in d.findings if f.code == "VOL107").figures for d in (once, twice)]
    assert bias[0] == pytest.approx(bias[1], rel=1e-4)


def remedy_against(baseline, diagnosis):
    [finding] = [f for f in diagnosis.findings if f.code == "VOL104" and f.figures["baseline"] == baseline]
    return finding.remedy


def _no_better_than_the_mean(study, name):
    """Nor are the networks, so that none is shown to be better than this baseline."""
    mean_ml = study.baselines["mean"].to_numpy()
    study.baselines[name] = mean_ml * np.exp(study.rng.normal(0, 0.01, len(mean_ml)))
    study.scans["predicted_ml"] = mean_ml * np.exp(study.rng.normal(0, 0.05, len(mean_ml)))


@pytest.mark.parametrize("name", ["header", "thumbnail", "covariates", "previous_scan"])
def test_a_baseline_without_skill_of_its_own_betrays_nothing(planted, judged, name):
    def fault(study, targets):
        _no_better_than_the_mean(study, name)

    diagnosis = judged(planted(fault))
    assert remedy_against(name, diagnosis) == remedy_against("mean", diagnosis)


def test_a_baseline_of_follow_ups_says_over_which_scans_it_was_compared(planted, judged):
    count = {}

    def fault(study, targets):
        study.baselines["previous_scan"] = study.scans["reference_ml"].to_numpy()
        first = study.scans.groupby("patient_id")["acquired_on"].transform("min")
        count["followers"] = int((study.scans["acquired_on"] > first).sum())

    [finding] = [f for f in judged(planted(fault)).findings if f.figures.get("baseline") == "previous_scan"]
    assert f", over the {count['followers']} scans that follow another, of " in finding.sentence


def test_spacing_that_knows_the_volume_is_looked_into(planted, judged):
    def fault(study, targets):
        noise = study.rng.normal(0, 0.03, len(study.scans))
        study.baselines["header"] = study.scans["reference_ml"].to_numpy() * np.exp(noise)

    assert remedy_against("header", judged(planted(fault))).startswith("Find out what spacing betrays")


def test_scans_of_a_small_run_lie_in_memory_and_are_not_asked_to(planted, judged):
    [finding] = [f for f in judged(planted(faults.loader_wait)).findings if f.code == "VOL122"]
    assert "memory_gib" not in finding.remedy


def test_the_documented_table_is_that_of_the_code():
    text = (Path(__file__).parents[2] / "docs/findings.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:4]] for line in text.splitlines() if line.startswith("| VOL1")]
    assert rows == [[fault.code, " or ".join(s.value for s in fault.severities), fault.title] for fault, _ in CHECKS]
