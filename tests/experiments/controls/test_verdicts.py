import pytest

from volest.diagnostics.interval import Interval
from volest.diagnostics.verdict import NotApplicable, Passed
from volest.experiments.controls.skill import Skill
from volest.experiments.controls.verdicts import SHUFFLED, judge_one_batch, judge_permuted, judge_remainder
from volest.experiments.one_batch import Course
from volest.records.findings import Finding, Severity

GOOD = Skill(5.0, 10.0, Interval(-7.0, -3.0))
NONE = Skill(10.5, 10.0, Interval(-1.0, 2.0))
SOME = Skill(8.0, 10.0, Interval(-3.0, -1.0))
UNSURE = Skill(8.0, 10.0, None)
HOW = "fold 0, short"


def remainder(left, unchanged=GOOD):
    return judge_remainder(SHUFFLED, "voxels shuffled", "grey levels", "Look.", left, unchanged, HOW)


def test_skill_from_every_permutation_is_a_leak():
    found = judge_permuted([SOME, SOME], GOOD, HOW)
    assert (found.code, found.severity) == ("VOL201", Severity.ERROR)
    assert "8.00 mL against 10.0 mL of the best blind guess" in found.sentence
    assert HOW in found.sentence


def test_skill_from_one_permutation_of_two_is_chance():
    assert isinstance(judge_permuted([SOME, NONE], GOOD, HOW), Passed)


def test_permuted_labels_without_skill_pass():
    assert isinstance(judge_permuted([NONE], GOOD, HOW), Passed)


@pytest.mark.parametrize("permuted, unchanged", [([NONE], NONE), ([UNSURE], GOOD)])
def test_a_control_that_cannot_fail_has_not_passed(permuted, unchanged):
    assert isinstance(judge_permuted(permuted, unchanged, HOW), NotApplicable)


def test_skill_without_structure_is_told_with_its_share():
    found = remainder(SOME)
    assert (found.code, found.severity) == ("VOL203", Severity.WARNING)
    assert "40.0% of the gain on unchanged scans" in found.sentence


def test_no_skill_without_structure_passes_only_beside_skill_with_it():
    assert isinstance(remainder(NONE), Passed)
    assert isinstance(remainder(NONE, NONE), NotApplicable)
    assert isinstance(remainder(UNSURE), NotApplicable)


def test_skill_that_only_the_blinded_network_has_is_told_without_a_share():
    found = remainder(SOME, NONE)
    assert isinstance(found, Finding)
    assert "more than on unchanged scans" in found.sentence
    assert "share_percent" not in found.figures


@pytest.mark.parametrize("end, severity", [(0.9, Severity.ERROR), (0.2, Severity.WARNING), (0.001, None)])
def test_a_batch_is_learnt_when_its_loss_comes_near_zero(end, severity):
    found = judge_one_batch(Course((8, 8, 8), [1.0, end, end, end]), 4, HOW)
    assert isinstance(found, Passed) if severity is None else found.severity is severity
