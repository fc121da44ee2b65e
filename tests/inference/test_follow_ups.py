import math
from dataclasses import replace
from pathlib import Path

import pytest

from volest.errors import RunError
from volest.evaluation.follow_up import followed_ml
from volest.images.formats import scan_sha256
from volest.inference.follow_ups import NOT_USED, FollowUps, follow_ups_of
from volest.records.earlier_scans import EarlierScan
from volest.records.estimates import Estimate, EstimateRow, Interval
from volest.records.follow_up import FollowUp, FollowUpModel, write_follow_up
from volest.records.intervals import Calibration
from volest.records.manifest import read_manifest
from volest.records.predictions import Prediction, read_predictions

MODEL = FollowUpModel("relative", 0.0, 0.09, 0.0, 0.04, 0.01)
TWELVE = Calibration(0.9, "pooled", "relative", tuple(range(12)), (0, 1) * 6, (0.1,) * 12)
RECORD = FollowUp(MODEL, TWELVE, mae_ml=4.0, alone_mae_ml=8.0, previous_mae_ml=16.0)
NEW, OLD = Path("/scans/new.nrrd"), Path("/scans/old.nrrd")
SAID = Estimate(60.0, (55.0, 65.0), ("a flag",), Interval(0.9, 40.0, 80.0))
OF_OLD = Estimate(50.0, (50.0, 50.0), ())


def told(said=SAID, volume_ml=45.0, old=OLD, of_old=OF_OLD, held_out=None, level=0.9, record=RECORD):
    follow_ups = FollowUps(record, {NEW: EarlierScan(volume_ml, old)}, held_out or {}, (0, 1), level)
    seen = {OLD: EstimateRow(str(OLD), of_old, "" if of_old else "it is torn")}
    return follow_ups.beside(EstimateRow(str(NEW), said), seen).estimate


def test_the_volume_and_its_interval_are_those_of_the_follow_up():
    expected = followed_ml(MODEL, 60.0, 45.0, 50.0)
    assert told().volume_ml == expected
    assert told().alone_ml == 60.0
    interval = told().interval
    assert (interval.low_ml, interval.high_ml) == pytest.approx((expected * math.exp(-0.1), expected * math.exp(0.1)))
    assert told().flags == ("a flag",)


def test_of_the_runs_own_patient_only_the_fold_that_never_saw_them_speaks():
    own = Prediction("s", "p", 1, predicted_ml=52.0, reference_ml=45.0)
    assert told(held_out={OLD: own}).alone_ml == 65.0
    assert told(held_out={OLD: own}).volume_ml == followed_ml(MODEL, 65.0, 45.0, 52.0)


@pytest.mark.parametrize("old", [None, OLD])
def test_without_a_usable_earlier_scan_its_volume_alone_counts(old):
    estimate = told(old=old, of_old=None)
    assert estimate.volume_ml == followed_ml(MODEL, 60.0, 45.0)
    assert estimate.flags[1:] == (("of its earlier scan only the volume was used: it is torn",) if old else ())


@pytest.mark.parametrize("trait", [{"unlike": "the layout"}, {"is_cut": True}])
def test_a_doubtful_earlier_scan_is_not_believed(trait):
    estimate = told(of_old=replace(OF_OLD, **trait))
    assert estimate.volume_ml == followed_ml(MODEL, 60.0, 45.0)
    assert "it is cut off, or unlike the training scans" in estimate.flags[1]


@pytest.mark.parametrize("trait", [{"unlike": "the layout"}, {"is_cut": True}])
def test_a_doubtful_scan_stays_as_the_networks_said(trait):
    said = replace(SAID, **trait)
    assert told(said) == replace(said, flags=("a flag", NOT_USED))


def test_an_earlier_volume_in_another_unit_is_not_used():
    estimate = told(volume_ml=45_000.0)
    assert estimate == replace(SAID, flags=("a flag", estimate.flags[1]))
    assert estimate.flags[1] == (
        "an earlier volume of 45000.0 mL was not used: the networks say 60.0 mL of this scan and 50.0 mL of the "
        "patient's earlier one. Another patient, another unit?"
    )


def test_too_few_followed_patients_give_no_interval_and_say_so():
    assert told(level=0.95).interval is None
    remarks = FollowUps(RECORD, {}, {}, (0, 1), 0.95).remarks
    assert remarks[0].startswith(
        "Earlier volumes: told of them, the networks were 4.0 mL off on 12 scans of 12 patients"
    )
    assert remarks[1].startswith(
        "No intervals of scans that have an earlier volume: an interval of 95% needs at least 19"
    )
    assert len(FollowUps(RECORD, {}, {}, (0, 1), 0.9).remarks) == 1


def test_scans_without_an_earlier_volume_stay_as_they_are():
    row = EstimateRow("other.nrrd", SAID)
    assert FollowUps(RECORD, {NEW: EarlierScan(45.0, None)}, {}, (0, 1), 0.9).beside(row, {}) is row


@pytest.fixture
def run(finished_run, scan_paths, tmp_path):
    """A copy of the records that are asked for, which knows of follow-ups."""
    from shutil import copytree

    from volest.records.run import RunDirectory

    copy = RunDirectory(copytree(finished_run.path, tmp_path / "run"))
    write_follow_up(RECORD, copy.follow_up)
    return copy


@pytest.fixture
def table(tmp_path):
    def write(new, earlier_ml, old):
        path = tmp_path / "earlier.csv"
        path.write_text(f"path,earlier_volume_ml,earlier_path\n{new},{earlier_ml},{old}\n")
        return path

    return write


def test_the_runs_own_scans_are_known_wherever_they_lie(run, scan_paths, table, tmp_path):
    moved = tmp_path / "moved.nrrd"
    moved.write_bytes(scan_paths[0].read_bytes())
    follow_ups = follow_ups_of(run, table(scan_paths[1], 30, moved), [scan_paths[1]], None)
    sha256 = scan_sha256(moved)
    scan_id = next(scan.scan_id for scan in read_manifest(run.manifest) if scan.sha256 == sha256)
    assert follow_ups.held_out == {moved: next(p for p in read_predictions(run.predictions) if p.scan_id == scan_id)}
    assert follow_ups.to_see == []
    assert follow_ups.level == 0.9


def test_another_scan_is_to_be_seen(run, scan_paths, table, tmp_path):
    other = tmp_path / "other.nrrd"
    other.write_bytes(b"no scan")
    assert follow_ups_of(run, table(scan_paths[1], 30, other), [scan_paths[1]], None).to_see == [other]


def test_a_table_of_other_scans_is_told(run, scan_paths, table):
    with pytest.raises(
        RunError, match=r"none of the scans to be estimated has an earlier volume here; it names .*x\.nrrd"
    ):
        follow_ups_of(run, table("x.nrrd", 30, ""), scan_paths, None)
    with pytest.raises(RunError, match="it has no row with a volume"):
        follow_ups_of(run, table("x.nrrd", "", ""), scan_paths, None)


def test_a_run_that_knows_of_no_follow_up_is_told(run, scan_paths, table):
    run.follow_up.unlink()
    with pytest.raises(RunError, match=r"does not know how volumes change from scan to scan \(follow_up\.json\)"):
        follow_ups_of(run, table(scan_paths[1], 30, ""), scan_paths, None)
