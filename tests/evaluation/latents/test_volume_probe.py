from dataclasses import replace

import numpy as np
import pytest

from volest.evaluation.latents.volume_probe import probe_volume, volume_skill
from volest.records.latents import FoldLatents


def _skill(study, rng):
    return volume_skill("linear probe", probe_volume(study.latents, study.scans), rng)


def test_a_planted_direction_of_volume_is_found(study, rng):
    skill = _skill(study(volume=6.0), rng)
    assert skill.r2.low > 0.7
    assert skill.spearman_rho.value > 0.9
    assert (skill.n_scans, skill.n_patients) == (90, 30)


def test_noise_knows_no_volume(study, rng):
    skill = _skill(study(), rng)
    assert skill.r2.low < 0
    assert skill.r2.value < 0.1


def test_a_latent_that_names_the_patient_knows_no_volume_of_new_patients(study, rng):
    """Patients' own places fit the training scans and say nothing of others."""
    assert _skill(study(patient=5.0, noise=0.1), rng).r2.low < 0


def test_every_scan_is_judged_once_by_the_network_that_held_it_out(study):
    made = study(volume=3.0)
    predictions = probe_volume(made.latents, made.scans)
    assert sorted(p.scan_id for p in predictions) == sorted(made.scans)
    for p in predictions:
        space = made.latents[p.fold]
        assert space.held_out[space.scan_ids.index(p.scan_id)]


def test_references_of_held_out_scans_change_no_prediction_of_their_fold(study):
    """Otherwise the probe would have learnt from what it is judged by."""
    made = study(volume=3.0)
    before = probe_volume(made.latents[:1], made.scans)
    asked = {p.scan_id for p in before}
    other = {name: replace(scan, volume_ml=7.0 if name in asked else scan.volume_ml) for name, scan in
             made.scans.items()}  # fmt: skip
    after = probe_volume(made.latents[:1], other)
    assert [p.predicted_ml for p in after] == [p.predicted_ml for p in before]


def test_turning_and_stretching_the_space_of_one_fold_does_not_matter(study, rng):
    """Folds have spaces of their own; nothing is compared across them."""
    made = study(volume=6.0)
    first = made.latents[0]
    turned = FoldLatents(0, first.scan_ids, first.patient_ids, first.held_out, first.vectors[:, ::-1] * 100 + 5)
    before = [p.predicted_ml for p in probe_volume(made.latents, made.scans)]
    after = [p.predicted_ml for p in probe_volume((turned, *made.latents[1:]), made.scans)]
    assert after == pytest.approx(before, rel=1e-6)


def test_the_penalty_shrinks_noise_to_the_mean(study):
    made = study()
    predicted_ml = np.array([p.predicted_ml for p in probe_volume(made.latents, made.scans)])
    assert predicted_ml.std() < 0.5 * np.std(list(made.volume_ml.values()))
