import pytest

from volest.errors import RunError
from volest.evaluation.latents.neighbours import neighbourhood


def test_the_nearest_scans_of_a_fingerprint_are_the_patient_s_own(study):
    made = study(patient=3.0)
    around = neighbourhood("s000", made.latents)
    assert [n.patient_id for n in around.nearest[:2]] == ["P00", "P00"]
    assert [n.distance for n in around.nearest] == sorted(n.distance for n in around.nearest)


def test_the_space_is_that_of_the_fold_which_held_the_scan_out(study):
    made = study()
    around = neighbourhood("s003", made.latents)
    assert (around.patient_id, around.fold) == ("P01", 1)
    assert "s003" not in [n.scan_id for n in around.nearest]
    assert {n.held_out for n in neighbourhood("s003", made.latents, 89).nearest} == {True, False}


def test_distances_do_not_grow_with_the_number_of_features(study):
    """Two scans of noise are the square root of 2 apart, in SDs of a feature."""
    distances = [n.distance for n in neighbourhood("s000", study().latents, 89).nearest]
    assert sum(distances) / 89 == pytest.approx(2**0.5, rel=0.1)


def test_an_unknown_scan_is_told_what_is_near_it(study):
    with pytest.raises(RunError, match=r"--nearest s0000: no finished fold .*did you mean s000"):
        neighbourhood("s0000", study().latents)
