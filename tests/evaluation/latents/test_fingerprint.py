import numpy as np
import pytest

from volest.evaluation.latents.fingerprint import fingerprint, nearest_other
from volest.records.latents import FoldLatents


def test_a_fingerprint_is_found(study, rng):
    made = study(patient=3.0)
    found = fingerprint(made.latents, made.volume_ml, rng)
    assert found.found_percent.value == 100
    assert found.p < 0.001
    assert (found.n_scans, found.n_patients) == (90, 30)


def test_noise_is_no_fingerprint(study, rng):
    made = study()
    found = fingerprint(made.latents, made.volume_ml, rng)
    assert found.p > 0.05
    assert found.found_percent.low <= found.chance_percent <= found.found_percent.high


def test_chance_is_the_share_of_the_patient_s_other_scans(study, rng):
    """Of 30 held-out scans a fold, two of the other 29 are of the same patient."""
    found = fingerprint(study().latents, study().volume_ml, rng)
    assert found.chance_percent == pytest.approx(100 * 2 / 29, rel=0.02)


def test_a_latent_that_is_the_volume_finds_the_patient_as_often_as_the_volume_does(study, rng):
    made = study(volume=1.0, noise=0.0)
    found = fingerprint(made.latents, made.volume_ml, rng)
    assert found.found_percent.value == pytest.approx(found.by_volume_percent)
    assert found.by_volume_percent > 50


def test_training_scans_are_no_candidates(study, rng):
    """The nearest scan of all, a training scan, is not the nearest held-out one."""
    made = study(patient=3.0)
    first = made.latents[0]
    vectors = first.vectors.copy()
    vectors[first.training] = vectors[first.held_out][0]
    crowded = FoldLatents(0, first.scan_ids, first.patient_ids, first.held_out, vectors)
    assert fingerprint((crowded,), made.volume_ml, rng).found_percent.value > 90


def test_patients_with_one_scan_are_not_asked_about(study, rng):
    made = study(each=1)
    assert fingerprint(made.latents, made.volume_ml, rng) is None


def test_the_nearest_other_is_never_the_scan_itself():
    places = np.array([[0.0], [1.0], [1.5], [9.0]])
    assert nearest_other(places).tolist() == [1, 2, 1, 2]
