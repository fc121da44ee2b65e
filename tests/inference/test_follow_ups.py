import math
from dataclasses import replace
from pathlib import Path

import pytest

from volest.errors import RunError
from volest.evaluation.conformal.estimates import Intervals
from volest.evaluation.follow_up import followed_ml
from volest.images.formats import scan_sha256
from volest.inference.follow_ups import IN_DOUBT, LEARNT, FollowUps, follow_ups_of
from volest.progress import Silent
from volest.records.earlier_scans import EarlierScan
from volest.records.estimates import Estimate, EstimateRow, Interval
from volest.records.follow_up import FollowUp, FollowUpModel, write_follow_up
from volest.records.intervals import Calibration
from volest.records.manifest import read_manifest
from volest.records.predictions import Prediction, read_predictions

MODEL = FollowUpModel("relative", 0.0, 0.09, 0.0, 0.04, 0.01)
TWELVE = Calibration(0.9, "pooled", "relative", tuple(range(12)), (0, 1) * 6, (0.1,) * 12)
WIDER = replace(TWELVE, deviations=(0.3,) * 12)
RECORD = FollowUp(MODEL, TWELVE, WIDER, mae_ml=4.0, alone_mae_ml=8.0, previous_mae_ml=16.0)
LEVEL = Intervals(None, None, (0, 1))
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
    expected = followed_ml(MODEL, 60.0, 45.0, 50.0)
    assert told().volume_ml == expected
    assert told().alone_ml == 60.0
    assert ends(told()) == pytest.approx((expected * math.exp(-0.1), expected * math.exp(0.1)))
    assert told().flags == ("a flag",)


def test_of_the_runs_own_patient_only_the_fold_that_never_saw_them_speaks():
    own = Prediction("s", "p", 1, predicted_ml=52.0, reference_ml=45.0)
    assert told(own={OLD: own}).alone_ml == 65.0
    assert told(own={OLD: own}).volume_ml == followed_ml(MODEL, 65.0, 45.0, 52.0)


def test_where_that_fold_is_gone_the_networks_know_too_much_of_the_patient():
    assert told(own={OLD: None}) == replace(SAID, flags=("a flag", LEARNT))


def test_of_the_runs_own_scan_without_a_number_the_volume_alone_counts():
    own = Prediction("s", "p", 1, predicted_ml=math.nan, reference_ml=45.0)
    assert told(own={OLD: own}).volume_ml == followed_ml(MODEL, 65.0, 45.0)


@pytest.mark.parametrize("old", [None, OLD])
def test_without_a_usable_earlier_scan_its_volume_alone_counts(old):
    estimate = told(old=old, of_old=None)
    assert estimate.volume_ml == followed_ml(MODEL, 60.0, 45.0)
    assert ends(estimate) == pytest.approx((estimate.volume_ml * math.exp(-0.3), estimate.volume_ml * math.exp(0.3)))
    assert estimate.flags[1:] == (("of the earlier scan only the volume was used: it is torn",) if old else ())


@pytest.mark.parametrize("trait", [{"unlike": "the layout"}, {"is_cut": True}])
def test_a_doubtful_earlier_scan_is_not_believed(trait):
    estimate = told(of_old=replace(OF_OLD, **trait))
    assert estimate.volume_ml == followed_ml(MODEL, 60.0, 45.0)
    assert "it is cut off, or unlike the training scans" in estimate.flags[1]


@pytest.mark.parametrize("trait", [{"unlike": "the layout"}, {"is_cut": True}])
def test_a_doubtful_scan_stays_as_the_networks_said(trait):
    said = replace(SAID, **trait)
    assert told(said) == replace(said, flags=("a flag", IN_DOUBT))


def test_an_earlier_volume_in_another_unit_is_not_used():
    estimate = told(volume_ml=45_000.0)
    assert estimate == replace(SAID, flags=("a flag", estimate.flags[1]))
    assert estimate.flags[1] == (
        "an earlier volume of 45000.0 mL was not used: the networks say 60.0 mL of this scan and 50.0 mL of the "
        "patient's earlier one. Another patient, another unit?"
    )


@pytest.mark.parametrize("level", [0.95, None])
def test_of_a_level_that_followed_patients_or_the_run_do_not_support_there_is_no_interval(level):
    assert told(level=level).interval is None


def test_scans_without_an_earlier_volume_stay_as_they_are():
    row = EstimateRow("other.nrrd", SAID)
    assert FollowUps(RECORD, {NEW: EarlierScan(45.0, None)}, {}, (0, 1), 0.9).beside(row) is row


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


@pytest.fixture
def found(run):
    """What the run makes of a table."""
    return lambda table, scans, level=None: follow_ups_of(run, table, scans, replace(LEVEL, level=level), Silent())


def of_own(run, file):
    sha256 = scan_sha256(file)
    scan_id = next(scan.scan_id for scan in read_manifest(run.manifest) if scan.sha256 == sha256)
    return next(p for p in read_predictions(run.predictions) if p.scan_id == scan_id)


def test_the_runs_own_scans_are_known_wherever_they_lie(run, found, scan_paths, table, tmp_path):
    moved = tmp_path / "moved.nrrd"
    moved.write_bytes(scan_paths[0].read_bytes())
    run.predictions.unlink()  # those of the folds are enough
    follow_ups = found(table(scan_paths[1], 30, moved), [scan_paths[1]])
    [(file, said)] = follow_ups.own.items()
    assert file == moved
    assert said.predicted_ml == of_own_fold(run, said)
    assert follow_ups.to_see([scan_paths[1]]) == []


def of_own_fold(run, said):
    rows = read_predictions(run.fold(said.fold).predictions)
    return next(p.predicted_ml for p in rows if p.scan_id == said.scan_id)


def test_of_the_runs_own_scan_whose_fold_is_gone_nothing_is_believed(run, found, scan_paths, table):
    fold = of_own(run, scan_paths[0]).fold
    run.fold(fold).weights.unlink()
    assert found(table(scan_paths[1], 30, scan_paths[0]), [scan_paths[1]]).own == {scan_paths[0]: None}


def test_another_scan_is_to_be_seen_unless_it_is_asked_for(found, scan_paths, table, tmp_path):
    other = tmp_path / "other.nrrd"
    other.write_bytes(b"no scan")
    follow_ups = found(table(scan_paths[1], 30, other), [scan_paths[1]])
    assert follow_ups.to_see([scan_paths[1]]) == [other]
    (tmp_path / "link.nrrd").symlink_to(other)
    assert follow_ups.to_see([scan_paths[1], tmp_path / "link.nrrd"]) == []
    assert list(follow_ups.having_seen([(tmp_path / "link.nrrd", EstimateRow("link.nrrd", OF_OLD))]).seen) == [other]


def test_a_table_of_other_scans_is_told(found, scan_paths, table):
    with pytest.raises(RunError, match=r"none of the scans to be estimated has an earlier volume here; it names .*x"):
        found(table("x.nrrd", 30, ""), scan_paths)
    with pytest.raises(RunError, match="it has no row with a volume"):
        found(table("x.nrrd", "", ""), scan_paths)


def test_an_earlier_scan_that_is_not_there_is_told(found, scan_paths, table):
    with pytest.raises(RunError, match=r"earlier_path .*gone\.nrrd does not exist\. Leave the cell empty"):
        found(table(scan_paths[1], 30, "gone.nrrd"), scan_paths)


def test_what_is_told_is_worth_something_and_what_the_table_lacks_is_said(found, scan_paths, table):
    path = table(scan_paths[1], 30, "")
    (worth,) = found(path, [scan_paths[1]]).remarks
    assert worth.startswith("Earlier volumes: told of them, the networks were 4.0 mL off on 12 scans of 12 patients")
    path.write_text(path.read_text() + "y.nrrd,30,\n")
    _, lacking, bounds = found(path, scan_paths[:3], level=0.95).remarks
    assert (
        lacking
        == f"{path} has an earlier volume of 1 of 3 scans; 1 row of it speak of other scans: {path.parent}/y.nrrd."
    )
    assert bounds.startswith("No intervals of scans that have an earlier volume: an interval of 95% needs at least 19")


def test_a_run_that_knows_of_no_follow_up_is_told(run, found, scan_paths, table):
    run.follow_up.unlink()
    with pytest.raises(RunError, match=r"does not know how volumes change from scan to scan \(follow_up\.json\)"):
        found(table(scan_paths[1], 30, ""), scan_paths)
