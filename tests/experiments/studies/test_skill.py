import numpy as np
import pytest

from volest.evaluation.sample import Sample
from volest.experiments.preparation import prepare_run
from volest.experiments.studies.skill import mean_predictor, skill_note, want_of_skill
from volest.progress import Silent


def told(error_ml, noise=0, scans=40):
    """Every scan off by about this much, two scans a patient, references from 20 to 40 mL."""
    reference_ml = np.linspace(20, 40, scans)
    spread = np.random.default_rng(noise).normal(size=scans)
    return Sample(
        tuple(f"s{n:02d}" for n in range(scans)),
        tuple(f"p{n // 2}" for n in range(scans)),
        reference_ml + error_ml + spread,
        reference_ml,
    )


def test_arms_that_are_no_nearer_than_the_mean_are_told(rng):
    doubt = want_of_skill({"a": told(5.0, noise=1), "b": told(5.2, noise=2)}, told(5.1), rng)
    assert doubt.startswith("No arm is shown to be nearer than the mean of the training patients, which is off by 5.")


def test_one_arm_that_has_learnt_is_enough(rng):
    assert want_of_skill({"a": told(5.0, noise=1), "b": told(2.0, noise=2)}, told(5.1), rng) == ""
    assert want_of_skill({}, told(5.1), rng) == ""


def test_the_mean_is_that_of_the_training_patients_of_each_fold(tiny):
    run = prepare_run(tiny(), Silent())
    mean = mean_predictor(run, range(run.folds.count))
    assert mean.n_scans == len(run.manifest.of(set(run.folds.of_patient)))
    for fold in range(run.folds.count):
        patients = run.folds.training(fold)
        of_patients = [np.mean([s.volume_ml for s in run.manifest.of({patient})]) for patient in patients]
        for scan in run.manifest.of(run.folds.held_out(fold)):
            place = mean.scan_ids.index(scan.scan_id)
            assert mean.reference_ml[place] == scan.volume_ml
            assert mean.predicted_ml[place] == pytest.approx(np.mean(of_patients))
    assert f"{np.abs(mean.error_ml).mean():.2f} mL" in skill_note(mean)
