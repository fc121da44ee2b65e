import numpy as np
import pytest

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.interval import Interval
from volest.experiments.controls.skill import Skill, blind_guesses_ml, skill_of
from volest.experiments.preparation import prepare_run
from volest.progress import Silent
from volest.records.predictions import Prediction

THRESHOLDS = DiagnosisConfig(resamples=300, fewest_patients=2)


@pytest.fixture
def prepared(tiny):
    return lambda *overrides: prepare_run(tiny(*overrides), Silent())


def said(run, predict):
    """Predictions of every held-out scan of fold 0."""
    held_out = run.manifest.of(run.folds.held_out(0))
    return [Prediction(s.scan_id, s.patient_id, 0, predict(s), s.volume_ml) for s in held_out]


def test_a_blind_guess_knows_the_training_patients_alone(prepared):
    run = prepared()
    volumes_ml = [scan.volume_ml for scan in run.manifest.of(run.folds.training(0))]
    guesses = blind_guesses_ml(said(run, lambda scan: 1.0), run, 0)
    assert len(guesses) == 2
    assert all(min(volumes_ml) < guess.min() == guess.max() < max(volumes_ml) for guess in guesses)
    assert guesses[1][0] == pytest.approx(np.median(volumes_ml))


def test_where_fractions_are_learnt_the_blind_guess_knows_the_field_of_view(prepared):
    run = prepared("preprocessing.fit=stretch")
    *_, guess = blind_guesses_ml(said(run, lambda scan: 1.0), run, 0)
    fields_ml = [run.facts[p.scan_id].field_of_view_ml for p in said(run, lambda scan: 1.0)]
    assert np.ptp(guess / fields_ml) == pytest.approx(0, abs=1e-12)


def test_the_best_guess_shows_no_skill_and_the_truth_does(prepared, rng):
    run = prepared()
    blind = skill_of(said(run, lambda scan: 1000.0), run, 0, THRESHOLDS, rng)
    true = skill_of(said(run, lambda scan: scan.volume_ml), run, 0, DiagnosisConfig(), rng)
    assert not blind.shown
    assert (true.mae_ml, true.interval) == (0, None)  # three patients
    assert true.blind_mae_ml == blind.blind_mae_ml


def test_the_share_is_that_of_the_gain():
    whole, left = Skill(4.0, 10.0, Interval(-7, -5)), Skill(7.0, 10.0, Interval(-4, -2))
    assert left.share_of(whole) == pytest.approx(50)
