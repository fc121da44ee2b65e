import csv
import json
import shutil

import numpy as np
import pandas as pd
import pytest

from volest.images.image import Image
from volest.images.nrrd import read_nrrd, write_nrrd
from volest.phantoms.population import PRESETS
from volest.phantoms.study import write_new_patients
from volest.records.follow_up import FollowUp, FollowUpModel, write_follow_up
from volest.records.intervals import Calibration
from volest.records.run import RunDirectory


@pytest.fixture(scope="module")
def scans(phantom_study):
    return sorted((phantom_study.parent / "scans").glob("*.nrrd"))[:3]


@pytest.fixture
def run(finished_run, tmp_path):
    """A copy that a test may damage."""
    shutil.copytree(finished_run.path, tmp_path / "run")
    return RunDirectory(tmp_path / "run")


@pytest.fixture
def volumes_ml(command, tmp_path):
    """Volumes by name of the file, as `--out` writes them."""

    def predict(run, *names):
        outcome = command("predict", run.path, *names, "--out", tmp_path / "out.json")
        assert outcome.status == 0, outcome.stderr
        return {
            row["path"].rpartition("/")[2]: row["volume_ml"] for row in json.loads((tmp_path / "out.json").read_text())
        }

    return predict


def test_files_a_folder_and_a_pattern_give_the_same_volumes(volumes_ml, finished_run, scans, tmp_path):
    for path in scans:
        shutil.copy(path, tmp_path)
    one_by_one = volumes_ml(finished_run, *scans)
    assert len(one_by_one) == 3
    assert volumes_ml(finished_run, tmp_path) == one_by_one
    assert volumes_ml(finished_run, tmp_path / "*.nrrd") == one_by_one
    assert volumes_ml(finished_run, tmp_path / "**/*.nrrd") == one_by_one
    assert volumes_ml(finished_run, tmp_path, *sorted(tmp_path.glob("*.nrrd"))[::-1]) == one_by_one  # each once


def test_a_scan_does_not_depend_on_those_beside_it(volumes_ml, finished_run, scans):
    together = volumes_ml(finished_run, *scans)
    assert all(volumes_ml(finished_run, scan)[scan.name] == together[scan.name] for scan in scans)


def test_the_fold_that_held_a_scan_out_says_what_it_said_then(command, finished_run, scans, tmp_path):
    held_out = pd.read_csv(finished_run.predictions, index_col="scan_id")
    command("predict", finished_run.path, *scans, "--out", tmp_path / "out.json")
    for row in json.loads((tmp_path / "out.json").read_text()):
        then = held_out.loc[row["path"].rpartition("/")[2].removesuffix(".nrrd")]
        assert row["folds_ml"][int(then["fold"])] == pytest.approx(then["predicted_ml"], rel=1e-5)


def test_csv_json_and_screen_agree(command, finished_run, scans, tmp_path):
    outcomes = [command("predict", finished_run.path, *scans, "--out", tmp_path / name) for name in ("o.csv", "o.json")]
    table = pd.read_csv(tmp_path / "o.csv", keep_default_na=False)
    rows = json.loads((tmp_path / "o.json").read_text())
    names = ["path", "volume_ml", "low_ml", "high_ml", "level", "earlier_ml", "alone_ml", "spread_ml", "folds_ml"]
    names += ["typicality", "is_lower_bound", "flags", "refusal"]
    assert list(table.columns) == list(rows[0]) == names
    assert table["path"].tolist() == [row["path"] for row in rows] == [str(scan) for scan in scans]
    for name in ("volume_ml", "spread_ml"):
        assert table[name].tolist() == pytest.approx([row[name] for row in rows], rel=1e-5)
    for cell, row in zip(table["folds_ml"], rows, strict=True):
        assert [float(ml) for ml in cell.split(";")] == pytest.approx(row["folds_ml"], rel=1e-5)
    assert table["flags"].tolist() == [";".join(row["flags"]) for row in rows]
    for row in rows:
        assert f"{row['volume_ml']:.1f}" in outcomes[0].stdout
    assert outcomes[0].stdout == outcomes[1].stdout


def test_a_copied_run_predicts_without_the_study_it_was_trained_on(volumes_ml, finished_run, run, scans):
    for path in (run.manifest, run.folds, run.config, run.metrics, run.fold(0).checkpoint, run.fold(1).checkpoint):
        path.unlink()
    assert volumes_ml(run, *scans) == volumes_ml(finished_run, *scans)


def test_one_finished_fold_is_enough_and_has_no_spread(command, run, scans, tmp_path):
    shutil.rmtree(run.fold(0).path)
    outcome = command("predict", run.path, scans[0], "--out", tmp_path / "out.json")
    [row] = json.loads((tmp_path / "out.json").read_text())
    assert (outcome.status, row["spread_ml"]) == (0, None)
    assert row["folds_ml"] == [pytest.approx(row["volume_ml"])]


def test_a_scan_unlike_those_of_the_training_is_flagged(command, finished_run, scans, tmp_path):
    image = read_nrrd(scans[0])
    write_nrrd(Image(image.voxels, image.affine @ np.diag([2.0, 2.0, 2.0, 1.0])), tmp_path / "far.nrrd")
    outcome = command("predict", finished_run.path, tmp_path / "far.nrrd", "--out", tmp_path / "out.json")
    flags = " ".join(json.loads((tmp_path / "out.json").read_text())[0]["flags"])
    assert "lies outside the network's grid" in flags
    assert "spacing" in flags
    assert "field of view" in flags
    assert "outside the network's grid" in outcome.stdout


def test_halving_the_spacing_of_a_stretched_scan_divides_its_volume_by_eight(command, tiny, scans, tmp_path):
    """The raster is the same, and so is what the network sees; the field of view carries the millilitres."""
    from volest.experiments.fold import run_fold
    from volest.progress import Silent

    config = tiny("preprocessing.fit=stretch", "training.epochs=1")
    run_fold(config, 0, Silent())
    image = read_nrrd(scans[0])
    write_nrrd(image, tmp_path / "whole.nrrd")
    write_nrrd(Image(image.voxels, image.affine @ np.diag([0.5, 0.5, 0.5, 1.0])), tmp_path / "half.nrrd")
    out = tmp_path / "out.json"
    outcome = command("predict", config.run.directory, tmp_path / "whole.nrrd", tmp_path / "half.nrrd", "--out", out)
    assert outcome.status == 0, outcome.stderr
    whole, half = json.loads(out.read_text())
    assert whole["volume_ml"] / half["volume_ml"] == pytest.approx(8, rel=1e-12)


def test_halving_the_spacing_changes_what_a_network_in_millimetres_sees(volumes_ml, finished_run, scans, tmp_path):
    image = read_nrrd(scans[0])
    write_nrrd(Image(image.voxels, image.affine @ np.diag([0.5, 0.5, 0.5, 1.0])), tmp_path / "half.nrrd")
    assert (
        volumes_ml(finished_run, tmp_path / "half.nrrd")["half.nrrd"]
        != volumes_ml(finished_run, scans[0])[scans[0].name]
    )


@pytest.mark.parametrize("names", [("gone.nrrd",), ("empty",), ("*.nrrd",)])
def test_where_there_is_no_scan_the_name_is_told(command, finished_run, tmp_path, names):
    (tmp_path / "empty").mkdir()
    outcome = command("predict", finished_run.path, *names, "--out", "out.csv", folder=tmp_path)
    assert outcome.status == 2
    assert names[0] in outcome.stderr
    assert not (tmp_path / "out.csv").exists()


def test_a_bad_scan_is_refused_with_its_reason_and_the_others_are_estimated(command, finished_run, scans, tmp_path):
    image = read_nrrd(scans[0])
    write_nrrd(Image(np.full_like(image.voxels, 3), image.affine), tmp_path / "blank.nrrd")
    outcome = command("predict", finished_run.path, *scans, tmp_path / "blank.nrrd", "--out", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open() as file:
        *good, bad = csv.DictReader(file)
    assert outcome.status == 1
    assert "refused" in outcome.stdout
    assert all(row["volume_ml"] and not row["refusal"] for row in good)
    assert (bad["volume_ml"], "every voxel is 3" in bad["refusal"]) == ("", True)


@pytest.mark.parametrize("names", [("a.nrrd",), ("a.nrrd", "b.nrrd"), ("notes.txt",)])
def test_a_bad_scan_is_told_alike_where_there_is_no_good_one(command, finished_run, tmp_path, names):
    for name in names:
        (tmp_path / name).write_bytes(b"no scan")
    outcome = command("predict", finished_run.path, *names, "--out", tmp_path / "out.csv", folder=tmp_path)
    with (tmp_path / "out.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert outcome.status == 1
    assert [(row["path"], row["volume_ml"]) for row in rows] == [(name, "") for name in names]
    assert all(name in row["refusal"] for name, row in zip(names, rows, strict=True))


def test_a_fold_that_tells_no_number_is_named(command, run, scans, tmp_path):
    record = json.loads(run.fold(1).model_json.read_text())
    record["target"]["mean"] = 1e4  # e to which is no number
    run.fold(1).model_json.write_text(json.dumps(record))
    outcome = command("predict", run.path, scans[0], "--out", tmp_path / "out.json")
    [row] = json.loads((tmp_path / "out.json").read_text())
    assert (outcome.status, row["volume_ml"]) == (1, None)
    assert row["refusal"].startswith("no finite number for this scan from fold 1:")


def test_another_suffix_is_refused_before_the_work_starts(command, finished_run, tmp_path):
    outcome = command("predict", finished_run.path, "gone.nrrd", "--out", tmp_path / "out.xlsx")
    assert outcome.status == 2
    assert "expected a name that ends in .csv or .json" in outcome.stderr


def test_a_run_that_is_missing_or_unfinished_says_what_to_do(command, run, scans, tmp_path):
    for fold in (0, 1):
        run.fold(fold).predictions.unlink()
    unfinished = command("predict", run.path, scans[0])
    missing = command("predict", tmp_path / "gone", scans[0])
    assert (unfinished.status, missing.status) == (2, 2)
    assert "holds no finished fold. Train one" in unfinished.stderr
    assert "does not exist. Train first" in missing.stderr


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.json", b"{}"),
        ("model.json", b"\xff\xfe"),
        ("model.json", b'{"volest_version": '),
        ("model.safetensors", b""),
        ("model.safetensors", b"\x08\x00\x00\x00"),
        ("model.safetensors", None),
    ],
)
def test_a_damaged_model_is_named(command, run, scans, name, content):
    path = run.fold(1).path / name
    path.write_bytes(path.read_bytes()[:-100] if content is None else content)
    outcome = command("predict", run.path, scans[0])
    assert outcome.status == 2
    assert f"fold_1/{name} is damaged" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_weights_of_another_network_are_named(command, run, scans):
    record = json.loads(run.fold(0).model_json.read_text())
    record["model"]["widths"] = [8, 8, 16, 32]
    run.fold(0).model_json.write_text(json.dumps(record))
    outcome = command("predict", run.path, scans[0])
    assert outcome.status == 2
    assert "model.safetensors does not fit model.json" in outcome.stderr


def test_new_patients_are_predicted(volumes_ml, finished_run, tmp_path):
    from dataclasses import replace

    preset = replace(PRESETS["small"], shape=(24, 24, 24), spacing_mm=(3.4, 4.1), samples=(36, 32, 32))
    write_new_patients(preset, tmp_path / "new", seed=0, scans=2)
    estimated = volumes_ml(finished_run, tmp_path / "new")
    assert len(estimated) == 2
    assert all(1 < ml < 1000 for ml in estimated.values())


def test_a_scan_of_the_study_itself_is_flagged_whatever_its_name(command, finished_run, scans, tmp_path):
    shutil.copy(scans[0], tmp_path / "renamed.nrrd")
    command("predict", finished_run.path, tmp_path / "renamed.nrrd", "--out", tmp_path / "out.json")
    (row,) = json.loads((tmp_path / "out.json").read_text())
    assert any("the run's own scans" in flag for flag in row["flags"])


def test_the_interval_asked_for_stands_beside_the_volume(command, finished_run, scans, tmp_path):
    outcome = command("predict", finished_run.path, scans[0], "--level", "0.8", "--out", tmp_path / "out.json")
    assert outcome.status == 0, outcome.stderr
    assert "80% interval (mL)" in outcome.stdout
    (row,) = json.loads((tmp_path / "out.json").read_text())
    assert row["level"] == 0.8
    assert row["low_ml"] < row["volume_ml"] < row["high_ml"]


def test_without_a_level_six_patients_give_no_interval_and_the_reason(command, finished_run, scans, tmp_path):
    outcome = command("predict", finished_run.path, scans[0], "--out", tmp_path / "out.csv")
    assert outcome.status == 0, outcome.stderr
    assert "No intervals: an interval of 90% needs at least 9 patients; 6 held-out patients support" in outcome.stdout
    with (tmp_path / "out.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert (row["low_ml"], row["high_ml"], row["level"]) == ("", "", "")


def test_a_level_beyond_the_patients_is_refused_with_the_number_that_is_needed(command, finished_run, scans):
    outcome = command("predict", finished_run.path, scans[0], "--level", "0.95")
    assert outcome.status == 2
    assert "needs at least 19 patients" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_one_fold_alone_has_no_intervals(command, run, scans):
    shutil.rmtree(run.fold(1).path)
    outcome = command("predict", run.path, scans[0])
    assert outcome.status == 0, outcome.stderr
    assert "rest on the held-out scans of all its folds together; 1 is finished" in outcome.stdout
    assert command("predict", run.path, scans[0], "--level", "0.8").status == 2


@pytest.fixture
def followed_run(run):
    """A run that knows how volumes change and how networks err."""
    model = FollowUpModel("relative", 0.0, 0.04, 0.0, 1.0, 0.04)
    errors = Calibration(0.8, "pooled", "relative", tuple(range(6)), (0, 1) * 3, (0.1,) * 6)
    write_follow_up(FollowUp(model, errors, errors, 4.0, 8.0, 16.0), run.follow_up)
    return run


def test_a_scan_told_of_an_earlier_one_is_nearer_to_its_volume(command, followed_run, scans, tmp_path):
    before, first, second = (tmp_path / path.name for path in scans)
    for path, copy in zip(scans, (before, first, second), strict=True):  # of the first two one patient
        image = read_nrrd(path)
        write_nrrd(Image(np.roll(image.voxels, 1, axis=0), image.affine), copy)  # no file of the run's own
    table = tmp_path / "earlier.csv"
    table.write_text(f"path,earlier_volume_ml,earlier_path\n{first},30,{before}\n")
    asked = ("predict", followed_run.path, first, second, "--level", 0.8)  # six patients
    assert command(*asked, "--out", tmp_path / "alone.csv").status == 0
    outcome = command(*asked, "--earlier", table, "--out", tmp_path / "told.csv")
    assert outcome.status == 0, outcome.stderr
    alone, told = pd.read_csv(tmp_path / "alone.csv"), pd.read_csv(tmp_path / "told.csv")
    assert list(told["path"]) == [str(first), str(second)]  # the earlier scan has no row
    assert told["earlier_ml"][0] == 30
    assert told["alone_ml"][0] == alone["volume_ml"][0]
    assert abs(told["volume_ml"][0] - 30) < abs(alone["volume_ml"][0] - 30)
    assert told["low_ml"][0] < told["volume_ml"][0] < told["high_ml"][0]
    pd.testing.assert_series_equal(told.loc[1], alone.loc[1])
    assert "scan alone (mL)" in outcome.stdout
    assert "told of them, the networks were 4.0 mL off on 6 scans of 6 patients" in outcome.stdout.replace("\n", " ")


def test_the_runs_own_patient_is_read_by_the_fold_that_never_saw_them(command, followed_run, scans, tmp_path):
    before, scan = scans[:2]
    (tmp_path / "earlier.csv").write_text(f"path,earlier_volume_ml,earlier_path\n{scan},30,{before}\n")
    outcome = command(
        "predict", followed_run.path, scan, "--earlier", tmp_path / "earlier.csv", "--out", tmp_path / "told.json"
    )
    assert outcome.status == 0, outcome.stderr
    held_out = pd.read_csv(followed_run.predictions)
    own = held_out[held_out["scan_id"].isin([before.stem, scan.stem])].set_index("scan_id")
    [row] = json.loads((tmp_path / "told.json").read_text())
    fold = int(own.loc[scan.stem, "fold"])
    assert row["alone_ml"] == pytest.approx(row["folds_ml"][fold])
    assert row["alone_ml"] == pytest.approx(own.loc[scan.stem, "predicted_ml"], rel=1e-4)
    assert f"read by fold {fold} alone, which has never seen this patient" in row["flags"]
    assert not any("honest estimate" in flag for flag in row["flags"])


def test_a_run_that_knows_of_no_follow_ups_says_what_makes_them(command, finished_run, scans, tmp_path):
    (tmp_path / "earlier.csv").write_text(f"path,earlier_volume_ml\n{scans[0]},30\n")
    outcome = command("predict", finished_run.path, *scans, "--earlier", tmp_path / "earlier.csv")
    assert outcome.status == 2
    assert "--earlier:" in outcome.stderr
    assert "`volest cv` with its configuration learns it" in outcome.stderr.replace("\n", " ")
