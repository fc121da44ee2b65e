import numpy as np
import pytest

from volest.errors import RunError
from volest.evaluation.latents.space import require_enough, squared_distances, standardised
from volest.records.latents import FoldLatents


def test_features_are_in_units_of_the_training_scans(study):
    first = study().latents[0]
    features = standardised(first)
    assert features[first.training].mean(axis=0) == pytest.approx(0, abs=1e-9)
    assert features[first.training].std(axis=0) == pytest.approx(1)


def test_a_feature_that_never_varies_is_no_division_by_zero():
    dead = FoldLatents(0, ("a", "b", "c"), ("P", "P", "Q"), np.array([False, False, True]), np.full((3, 1), 7.0))
    assert standardised(dead).tolist() == [[0], [0], [0]]


def test_distances_are_those_of_pythagoras(rng):
    one, other = rng.normal(size=(4, 3)), rng.normal(size=(5, 3))
    assert squared_distances(one, other) == pytest.approx(((one[:, None] - other) ** 2).sum(axis=2))


def test_one_patient_is_too_few(study):
    first = study().latents[0]
    few = FoldLatents(0, first.scan_ids[:6], ("P",) * 6, np.arange(6) < 1, first.vectors[:6])
    with pytest.raises(RunError, match=r"fold 0 has 5 training scans of 1 patient and 1 held-out scan"):
        require_enough(few)


def test_a_latent_that_is_not_finite_names_the_scan(study):
    first = study().latents[0]
    first.vectors[4, 2] = np.nan
    with pytest.raises(RunError, match=r"gives scan 's004' a latent that is not finite"):
        require_enough(first)
