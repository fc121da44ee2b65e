import pytest

from volest.inference.familiarity import Placement
from volest.inference.flags import disagreement_flags, unlike_in_words


def test_folds_that_tell_different_volumes_are_flagged():
    assert disagreement_flags((10.0, 20.0, 30.0)) == ("the folds disagree: 10.0 to 30.0 mL",)


@pytest.mark.parametrize("volumes_ml", [(25.0,), (25.0, 27.0), (24.0, 25.0, 26.0)])
def test_folds_that_agree_are_not(volumes_ml):
    assert disagreement_flags(volumes_ml) == ()


def test_each_reason_is_told_once():
    words = unlike_in_words(Placement(5.0, 0.02, ("stage 1", "stage 2", "layout")))
    assert words.count("what the network makes of it") == 1
    assert "mirrored, turned, cropped" in words


def test_a_cut_structure_is_told_as_a_lower_bound():
    assert "its volume is at least this" in unlike_in_words(Placement(5.0, 0.02, ("border",)))
