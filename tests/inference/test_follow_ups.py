import math
from dataclasses import replace
from pathlib import Path

import pytest

from volest.evaluation.follow_up import followed
from volest.inference.flags import OWN_SCAN
from volest.inference.follow_ups import IN_DOUBT, LEARNT, NOT_USED, FollowUps
from volest.records.earlier_scans import EarlierScan
from volest.records.estimates import Estimate, EstimateRow, Interval
from volest.records.follow_up import FollowUp, FollowUpModel
from volest.records.intervals import Calibration
from volest.records.predictions import Prediction

MODEL = FollowUpModel("relative", 0.0, 0.09, 0.0, 0.04, 0.01)
TWELVE = Calibration(0.9, "pooled", "relative", tuple(range(12)), (0, 1) * 6, (0.1,) * 12)
WIDER = replace(TWELVE, deviations=(0.3,) * 12)
RECORD = FollowUp(MODEL, TWELVE, WIDER, mae_ml=4.0, alone_mae_ml=8.0, previous_mae_ml=16.0)
NEW, OLD = Path("/scans/new.nrrd"), Path("/scans/old.nrrd")
SAID = Estimate(60.0, (55.0, 65.0), ("a flag",), Interval(0.9, 40.0, 80.0))
OF_OLD = Estimate(50.0, (50.0, 50.0), ())


def told(said=SAID, volume_ml=45.0, old=OLD, of_old=OF_OLD, own=None, level=0.9):
    follow_ups = FollowUps(RECORD, {NEW: EarlierScan(volume_ml, old)}, own or {}, (0, 1), level)
    seen = follow_ups.having_seen([(OLD, EstimateRow(str(OLD), of_old, "" if of_old else "it is torn"))])
    return seen.beside(EstimateRow(str(NEW), said)).estimate


def ends(estimate):
    return estimate.interval.low_ml, estimate.interval.high_ml


def test_the_volume_and_its_interval_are_those_of_the_follow_up():
    expected = followed(MODEL, 60.0, 45.0, 50.0).volume_ml
    assert told().volume_ml == expected
    assert told().alone_ml == 60.0
    assert ends(told()) == pytest.approx((expected * math.exp(-0.1), expected * math.exp(0.1)))
    assert told().flags == ("a flag",)


def test_of_the_runs_own_patient_only_the_fold_that_never_saw_them_speaks():
    own = Prediction("s", "p", 1, predicted_ml=52.0, reference_ml=45.0)
    by_fold = ("read by fold 1 alone, which has never seen this patient", "a flag")
    assert told(own={OLD: own}).flags == by_fold
    assert (
        told(replace(SAID, flags=("a flag", OWN_SCAN)), own={OLD: own, NEW: replace(own, scan_id="t")}).flags == by_fold
    )
    assert told(own={OLD: own}).alone_ml == 65.0
    assert told(own={OLD: own}).volume_ml == followed(MODEL, 65.0, 45.0, 52.0).volume_ml


def test_where_that_fold_is_gone_the_networks_know_too_much_of_the_patient():
    assert told(own={OLD: None}) == replace(SAID, flags=("a flag", LEARNT))


def test_a_scan_of_the_runs_own_that_no_fold_is_known_for_stays_flagged():
    assert OWN_SCAN in told(replace(SAID, flags=(OWN_SCAN,))).flags


def test_a_scan_of_the_runs_own_needs_no_earlier_scan_to_be_known():
    own = Prediction("s", "p", 1, predicted_ml=52.0, reference_ml=45.0)
    assert told(old=None, own={NEW: own}).volume_ml == followed(MODEL, 65.0, 45.0).volume_ml
    assert told(own={NEW: own}).volume_ml == followed(MODEL, 65.0, 45.0, OF_OLD.folds_ml[1]).volume_ml


def test_the_earlier_scan_of_another_patient_of_the_run_is_not_used():
    one, other = (Prediction("s", patient, 1, 52.0, 45.0) for patient in ("p", "q"))
    assert told(own={NEW: one, OLD: other}) == replace(
        SAID, flags=("a flag", f"{NOT_USED}: it is of patient q, this scan of p")
    )


def test_another_volume_than_in_the_manifest_is_flagged():
    own = Prediction("s", "p", 1, predicted_ml=52.0, reference_ml=45.2)
    assert len(told(own={OLD: own}).flags) == 2
    assert told(own={OLD: replace(own, reference_ml=49.0)}).flags[2] == (
        "the manifest has 49 mL of the earlier scan, not 45 mL"
    )


def test_of_the_runs_own_scan_without_a_number_the_volume_alone_counts():
    own = Prediction("s", "p", 1, predicted_ml=math.nan, reference_ml=45.0)
    assert told(own={OLD: own}).volume_ml == followed(MODEL, 65.0, 45.0).volume_ml


@pytest.mark.parametrize("old", [None, OLD])
def test_without_a_usable_earlier_scan_its_volume_alone_counts(old):
    estimate = told(old=old, of_old=None)
    assert estimate.volume_ml == followed(MODEL, 60.0, 45.0).volume_ml
    assert ends(estimate) == pytest.approx((estimate.volume_ml * math.exp(-0.3), estimate.volume_ml * math.exp(0.3)))
    assert estimate.flags[1:] == (("of the earlier scan only the volume was used: it is torn",) if old else ())


@pytest.mark.parametrize("trait", [{"unlike": "the layout"}, {"is_cut": True}])
def test_a_doubtful_earlier_scan_is_not_believed(trait):
    estimate = told(of_old=replace(OF_OLD, **trait))
    assert estimate.volume_ml == followed(MODEL, 60.0, 45.0).volume_ml
    assert "it is cut off, or unlike the training scans" in estimate.flags[1]


@pytest.mark.parametrize("trait", [{"unlike": "the layout"}, {"is_cut": True}])
def test_a_doubtful_scan_stays_as_the_networks_said(trait):
    said = replace(SAID, **trait)
    assert told(said) == replace(said, flags=("a flag", IN_DOUBT))


def test_an_earlier_volume_in_another_unit_is_not_used():
    estimate = told(volume_ml=45_000.0)
    assert estimate == replace(SAID, flags=("a flag", estimate.flags[1]))
    assert estimate.flags[1] == (
        "the earlier volume was not used: it is 45000 mL, and the networks say 60.0 mL of this scan and 50.0 mL of the "
        "earlier one"
    )


def test_an_unusual_earlier_volume_is_used_and_asked_about():
    estimate = told(volume_ml=28.0)
    assert estimate.volume_ml == followed(MODEL, 60.0, 28.0, 50.0).volume_ml
    assert estimate.earlier_ml == 28.0
    assert estimate.flags[1] == (
        "is the earlier volume this patient's? it is 28 mL, and the networks say 60.0 mL of this scan and 50.0 mL of "
        "the earlier one"
    )


@pytest.mark.parametrize("level", [0.95, None])
def test_of_a_level_that_followed_patients_or_the_run_do_not_support_there_is_no_interval(level):
    assert told(level=level).interval is None


def test_scans_without_an_earlier_volume_stay_as_they_are():
    row = EstimateRow("other.nrrd", SAID)
    assert FollowUps(RECORD, {NEW: EarlierScan(45.0, None)}, {}, (0, 1), 0.9).beside(row) is row
