import numpy as np
import pytest

from volest.errors import RunError
from volest.inference.familiarity import Familiarity
from volest.inference.flags import unlike_in_words
from volest.records.novelty import Novelty


@pytest.fixture
def held_out(rng):
    return [
        Novelty(f"s{n}", f"p{n // 2}", {"size": float(np.exp(rng.normal())), "stage 1": float(np.exp(rng.normal()))})
        for n in range(80)
    ]


def test_a_usual_scan_has_no_reason(held_out):
    placement = Familiarity(held_out, 0.05).place([{"size": 1.0, "stage 1": 1.0}])
    assert placement.unusual == ()
    assert placement.typicality > 0.5
    assert unlike_in_words(placement, ()) == ""


def test_one_unusual_trait_is_enough_and_is_named(held_out):
    placement = Familiarity(held_out, 0.05).place([{"size": 1e4, "stage 1": 1.0}])
    assert placement.unusual == ("size",)
    assert placement.typicality == pytest.approx(1 / 41)
    assert "unlike the training scans by its spacing or field of view" in unlike_in_words(placement, ())


def test_the_worst_trait_is_named_first(held_out):
    placement = Familiarity(held_out, 0.05).place([{"size": 1e4, "stage 1": 1e9}])
    assert placement.unusual == ("stage 1", "size")


def test_folds_speak_together(held_out):
    familiarity = Familiarity(held_out, 0.05)
    one, other = {"size": 1e4, "stage 1": 1.0}, {"size": 1e-4, "stage 1": 1.0}
    assert familiarity.place([one, other]).unusual == ()
    assert familiarity.place([one, other]).score == pytest.approx(familiarity.place([other, one]).score)


def test_about_the_wanted_share_of_the_held_out_scans_would_be_refused(held_out):
    familiarity = Familiarity(held_out, 0.1)
    refused = [familiarity.place([row.distances]).unusual != () for row in held_out]
    assert 0.02 < np.mean(refused) <= 0.1


def test_few_patients_say_that_they_cannot_tell_so_small_a_share(held_out):
    few = Familiarity([row for row in held_out if row.patient_id in {f"p{n}" for n in range(6)}], 0.05)
    assert few.reservation.startswith("6 held-out patients cannot tell the most unusual 5% of scans")
    assert few.reservation.endswith("as up to 14% of usual scans are.")
    assert Familiarity(held_out, 0.05).reservation == ""  # 40 patients: one in 41 at the least
    assert Familiarity(held_out, 0.0).reservation == ""  # nobody has asked for a share


def test_the_order_of_the_held_out_scans_changes_nothing(held_out):
    scan = [{"size": 3.0, "stage 1": 0.7}]
    there, back = Familiarity(held_out, 0.05).place(scan), Familiarity(held_out[::-1], 0.05).place(scan)
    assert (back.typicality, back.score) == (pytest.approx(there.typicality), pytest.approx(there.score))


def test_traits_that_nobody_measures_any_more_are_told(held_out):
    with pytest.raises(
        RunError, match=r"novelty.csv of the folds holds 'stage 1', which this version does not measure"
    ):
        Familiarity(held_out, 0.05).place([{"size": 1.0}])


def test_what_some_folds_have_not_measured_counts_nowhere(held_out):
    newer = [Novelty("t0", "q0", {"size": 1.0, "stage 1": 1.0, "drawn border": 1e4}), *held_out]
    asked = {"size": 1e4, "stage 1": 1.0, "drawn border": 1e9}
    for rows in (newer, newer[::-1]):
        assert Familiarity(rows, 0.05).place([asked]).unusual == ("size",)
