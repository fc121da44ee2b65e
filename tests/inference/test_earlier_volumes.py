from dataclasses import replace

import pandas as pd
import pytest

from volest.errors import RunError
from volest.evaluation.conformal.estimates import Intervals
from volest.images.formats import scan_sha256
from volest.inference.earlier_volumes import NO_NEARER, follow_ups_of
from volest.progress import Silent
from volest.records.estimates import Estimate, EstimateRow
from volest.records.follow_up import FollowUp, FollowUpModel, write_follow_up
from volest.records.intervals import Calibration
from volest.records.manifest import read_manifest
from volest.records.predictions import read_predictions

TWELVE = Calibration(0.9, "pooled", "relative", tuple(range(12)), (0, 1) * 6, (0.1,) * 12)
RECORD = FollowUp(FollowUpModel("relative", 0.0, 0.09, 0.0, 0.04, 0.01), TWELVE, TWELVE, 4.0, 8.0, 16.0)
LEVEL = Intervals(None, None, (0, 1))
OF_OLD = Estimate(50.0, (50.0, 50.0), ())


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
    return lambda table, scans, level=None, is_asked=False: follow_ups_of(
        run, table, scans, replace(LEVEL, level=level), is_asked, Silent()
    )


def of_own(run, file):
    sha256 = scan_sha256(file)
    scan_id = next(scan.scan_id for scan in read_manifest(run.manifest) if scan.sha256 == sha256)
    return next(p for p in read_predictions(run.predictions) if p.scan_id == scan_id)


def test_the_runs_own_scans_are_known_wherever_they_lie(run, found, scan_paths, table, tmp_path):
    moved = tmp_path / "moved.nrrd"
    moved.write_bytes(scan_paths[0].read_bytes())
    run.predictions.unlink()  # those of the folds are enough
    follow_ups = found(table(scan_paths[1], 30, moved), [scan_paths[1]])
    said = follow_ups.own[moved]
    assert set(follow_ups.own) == {moved, scan_paths[1]}
    assert said.predicted_ml == of_own_fold(run, said)
    assert follow_ups.to_see([scan_paths[1]]) == []


def of_own_fold(run, said):
    rows = read_predictions(run.fold(said.fold).predictions)
    return next(p.predicted_ml for p in rows if p.scan_id == said.scan_id)


def test_of_the_runs_own_scan_whose_fold_is_gone_nothing_is_believed(run, found, scan_paths, table):
    fold = of_own(run, scan_paths[0]).fold
    run.fold(fold).weights.unlink()
    assert found(table(scan_paths[1], 30, scan_paths[0]), [scan_paths[1]]).own[scan_paths[0]] is None


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
    assert not worth.endswith(NO_NEARER)
    path.write_text(path.read_text() + "y.nrrd,30,\n")
    _, lacking, bounds = found(path, scan_paths[:3], level=0.95).remarks
    other = path.parent / "y.nrrd"
    assert lacking == f"{path} has an earlier volume of 1 of 3 scans; other scans stand in it: {other}."
    assert bounds.startswith("No intervals of scans that have an earlier volume: an interval of 95% needs at least 19")


def test_a_run_that_knows_of_no_follow_up_is_told(run, found, scan_paths, table):
    run.follow_up.unlink()
    with pytest.raises(RunError, match=r"does not know how volumes change from scan to scan \(follow_up\.json\)"):
        found(table(scan_paths[1], 30, ""), scan_paths)


def test_a_level_that_was_asked_for_must_be_had_of_follow_ups_too(found, scan_paths, table):
    with pytest.raises(
        RunError, match=r"--level 0\.95: No intervals of scans that have an earlier volume: an interval of"
    ):
        found(table(scan_paths[1], 30, ""), scan_paths, level=0.95, is_asked=True)


def test_where_told_it_is_no_nearer_than_the_earlier_volume_it_says_so(run, found, scan_paths, table):
    write_follow_up(replace(RECORD, previous_mae_ml=3.9), run.follow_up)
    (worth,) = found(table(scan_paths[1], 30, ""), [scan_paths[1]]).remarks
    assert worth.endswith(NO_NEARER)


def test_a_patient_of_the_locked_test_set_is_as_new_as_any(run, found, scan_paths, table):
    patient = of_own(run, scan_paths[0]).patient_id
    folds = pd.read_csv(run.folds, dtype=str)
    folds.loc[folds["patient_id"] == patient, "fold"] = "test"
    folds.to_csv(run.folds, index=False)
    assert found(table(scan_paths[1], 30, scan_paths[0]), [scan_paths[1]]).own == {}


def test_a_link_to_one_of_the_runs_own_scans_is_known_by_the_name_it_was_asked_by(found, scan_paths, table, tmp_path):
    (tmp_path / "blob").write_bytes(scan_paths[1].read_bytes())
    (tmp_path / "new.nrrd").symlink_to(tmp_path / "blob")
    follow_ups = found(table("new.nrrd", 30, ""), [tmp_path / "new.nrrd"])
    assert set(follow_ups.own) == {tmp_path / "blob"}
