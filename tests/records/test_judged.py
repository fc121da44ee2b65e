from datetime import date
from pathlib import Path

import pytest

from volest.errors import ConfigError, RunError
from volest.records.folds import Folds, write_folds
from volest.records.judged import read_judged
from volest.records.manifest import Manifest, Scan, write_manifest
from volest.records.predictions import Prediction, write_predictions
from volest.records.run import RunDirectory

PREDICTIONS = [Prediction(f"s{n}", f"p{n}", n % 2, 10.0 + n, 11.0 + n) for n in range(4)]


@pytest.fixture
def run(tmp_path):
    run = RunDirectory(tmp_path)
    write_predictions(PREDICTIONS, run.predictions)
    write_folds(Folds({p.patient_id: p.fold for p in PREDICTIONS}), run.folds)
    scans = [
        Scan(p.scan_id, p.patient_id, Path(tmp_path / p.scan_id), 20, None, date(2025, 1, 1 + n), "A", {"age": 3.0 + n})
        for n, p in enumerate(PREDICTIONS)
    ]
    write_manifest(Manifest(tuple(scans)), run.manifest)
    return run


def finish(run, fold):
    for path in (run.fold(fold).model_json, run.fold(fold).weights):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    write_predictions([p for p in PREDICTIONS if p.fold == fold], run.fold(fold).predictions)


def test_a_whole_run_has_all_predictions_and_no_remark(run):
    judged = read_judged(run.path)
    assert judged.predictions == tuple(PREDICTIONS)
    assert judged.remarks == ()


@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(b""), lambda path: path.unlink(missing_ok=True)])
def test_what_a_judged_run_has_lost_is_remarked_and_the_predictions_are_judged(run, damage):
    run.metrics.write_text("{}")  # all folds were judged
    damage(run.baselines)
    damage(run.intervals)
    judged = read_judged(run.path)
    assert judged.predictions == tuple(PREDICTIONS)
    assert judged.level is None
    assert judged.remarks == (
        "No baseline stands beside these figures: baselines.csv is missing or damaged (VOL100).",
        "Intervals of single volumes are not judged: intervals.json is missing or damaged (VOL100).",
    )


def test_columns_come_from_the_folds_and_the_manifest(run):
    columns = read_judged(run.path, ("fold", "age", "acquired_on", "device")).columns
    assert columns["fold"]["s1"] == 1
    assert columns["age"]["s1"] == 4
    assert columns["acquired_on"]["s1"] == date(2025, 1, 2)
    assert columns["device"]["s1"] == "A"


def test_a_column_that_is_not_there_names_those_that_are(run):
    with pytest.raises(ConfigError, match=r"--by site: .* it has fold, patient_id, volume_ml, .*device, age"):
        read_judged(run.path, ("site",))


def test_a_run_half_done_is_judged_by_the_folds_it_has_and_says_so(run):
    run.predictions.unlink()
    finish(run, 1)
    judged = read_judged(run.path)
    assert [p.scan_id for p in judged.predictions] == ["s1", "s3"]
    assert judged.remarks == ("1 of 2 folds are finished: the patients of the others are not judged yet.",)


def test_a_run_without_a_fold_says_what_to_train(tmp_path):
    with pytest.raises(RunError, match=r"holds no predictions.*volest train --fold K"):
        read_judged(tmp_path)


def test_nothing_at_all_is_refused(tmp_path):
    with pytest.raises(RunError, match="does not exist"):
        read_judged(tmp_path / "gone")


def test_a_table_from_elsewhere_has_its_own_columns(tmp_path):
    (tmp_path / "t.csv").write_text("scan_id,predicted_ml,reference_ml,site\na,1,2,A\n")
    assert read_judged(tmp_path / "t.csv", ("site",)).columns == {"site": {"a": "A"}}
    with pytest.raises(ConfigError, match="no such column with values; it has site"):
        read_judged(tmp_path / "t.csv", ("age",))
