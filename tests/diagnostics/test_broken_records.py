"""Half a run, a damaged run, a strange run: words, and no traceback."""

import json
import shutil

import numpy as np
import pytest

from volest.diagnostics.run_records import read_run_records
from volest.errors import RunError
from volest.records.findings import read_findings, write_findings
from volest.records.novelty import Novelty, write_novelty

RECORDS = (
    "config.yaml",
    "manifest.csv",
    "folds.csv",
    "predictions.csv",
    "metrics.json",
    "baselines.csv",
    "headers.csv",
    "intervals.json",
)
OF_A_FOLD = ("fold_1/history.csv", "fold_1/model.json", "fold_1/predictions.csv")
OF_A_FINISHED_FOLD = ("fold_1/model.json", "fold_1/model.safetensors", "fold_1/predictions.csv")
DAMAGES = {
    "empty": b"",
    "no text": b"\xff\xfe\x00\x81",
    "another table": b"a,b\n1,2\n",
    "cut off": b'scan_id,"half',
    "header alone": b"scan_id,patient_id,fold,predicted_ml,reference_ml,path,volume_ml\n",
    "words for numbers": b"epoch,train_loss,scan_id,fold\nfirst,low,x,y\n",
}


@pytest.mark.parametrize("name", [*RECORDS, "fold_1/history.csv"])
def test_a_missing_record_is_noted_and_all_else_is_judged(planted, judged, name):
    run = planted()
    (run.path / name).unlink()
    [finding] = [finding for finding in judged(run).findings if finding.code == "VOL100"]
    assert finding.severity == "note"
    assert name in finding.sentence


@pytest.mark.parametrize("is_there", [0, 1])
def test_of_what_tells_of_follow_ups_both_parts_are_missed(planted, judged, is_there):
    run = planted()
    parts = run.follow_up, run.followed
    parts[is_there].write_bytes(run.predictions.read_bytes())
    said = [finding.sentence for finding in judged(run).findings if finding.code == "VOL100"]
    assert any(parts[1 - is_there].name in sentence for sentence in said)


@pytest.mark.parametrize("name", OF_A_FINISHED_FOLD)
def test_what_leaves_a_finished_fold_out_of_predictions_is_a_warning(planted, judged, name):
    run = planted()
    (run.path / name).unlink()
    [finding] = [finding for finding in judged(run).findings if finding.code == "VOL100"]
    assert finding.severity == "warning"
    assert f"Of finished folds {name} is lost:" in finding.sentence


def test_the_folder_of_a_fold_that_was_judged_is_missed(planted, judged):
    run = planted()
    shutil.rmtree(run.fold(1).path)
    [finding] = [
        finding for finding in judged(run).findings if finding.severity == "warning" and finding.code == "VOL100"
    ]
    assert "Of finished folds fold_1 is lost:" in finding.sentence


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", [*RECORDS, *OF_A_FOLD])
def test_a_damaged_record_does_not_end_the_diagnosis(planted, judged, name, damage):
    run = planted(patients=12, scans=24, folds=3, epochs=12)
    (run.path / name).write_bytes(DAMAGES[damage])
    diagnosis = judged(run)
    assert len(diagnosis.findings) + len(diagnosis.passed) + len(diagnosis.not_applicable) >= 24
    write_findings(diagnosis.findings, run.findings)
    assert read_findings(run.findings) == list(diagnosis.findings)


@pytest.mark.parametrize("name", [*RECORDS, *OF_A_FOLD])
def test_an_empty_record_is_a_warning_that_names_it(planted, judged, name):
    run = planted()
    (run.path / name).write_bytes(b"")
    said = [finding for finding in judged(run).findings if finding.code == "VOL100"]
    assert [finding.severity for finding in said] == ["warning"]
    assert name in said[0].sentence


def test_what_one_fold_has_measured_of_unusual_scans_the_others_have_too(planted, judged):
    run = planted()
    for fold in run.finished_folds():
        write_novelty([Novelty("scan", "patient", {"size": 1.0})], run.fold(fold).novelty)
    [finding] = [finding for finding in judged(run).findings if finding.code == "VOL100"]
    assert finding.sentence == "Not there: refusal.json. What they would show is not judged."
    run.fold(1).novelty.unlink()
    run.fold(2).novelty.write_bytes(b"")
    said = {finding.severity: finding.sentence for finding in judged(run).findings if finding.code == "VOL100"}
    assert "fold_1/novelty.csv" in said["note"]
    assert "fold_2/novelty.csv cannot be read" in said["warning"]


@pytest.mark.parametrize("size", [(1, 1, 1, 1), (1, 5, 1, 30), (2, 2, 2, 2), (4, 9, 2, 3), (6, 6, 6, 12)])
def test_few_patients_folds_or_epochs_are_no_reason_to_stop(planted, judged, size):
    diagnosis = judged(planted(**dict(zip(("patients", "scans", "folds", "epochs"), size, strict=True))))
    assert {"VOL104", "VOL105", "VOL106", "VOL120"} <= {unknown.code for unknown in diagnosis.not_applicable} or size[
        0
    ] > 4
    assert all(unknown.reason for unknown in diagnosis.not_applicable)


def test_a_fold_trained_alone_is_judged_by_what_it_has(planted, judged):
    run = planted()
    for path in (run.predictions, run.metrics, run.baselines, run.headers, *(run.fold(k).path for k in (1, 2, 3, 4))):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    diagnosis = judged(run)
    assert "VOL101" in {said.code for said in diagnosis.passed}
    assert "VOL104" in {unknown.code for unknown in diagnosis.not_applicable}


def test_without_recorded_baselines_the_mean_is_still_compared_and_the_rest_is_named(planted, judged):
    run = planted()
    run.baselines.unlink()
    diagnosis = judged(run)
    assert any(p.code == "VOL104" and "mean of the training patients" in p.sentence for p in diagnosis.passed)
    [unknown] = [unknown for unknown in diagnosis.not_applicable if unknown.code == "VOL104"]
    assert "thumbnail" in unknown.reason


@pytest.mark.parametrize("nonsense", [np.nan, np.inf, -np.inf])
def test_all_predictions_may_be_nonsense(planted, judged, nonsense):
    def nonsensical(study, targets):
        study.scans["predicted_ml"] = nonsense

    diagnosis = judged(planted(nonsensical))
    assert "VOL123" in {finding.code for finding in diagnosis.findings}


@pytest.mark.parametrize("constant", [0.0, -5.0, 60.0])
def test_all_predictions_may_be_one(planted, judged, constant):
    def constantly(study, targets):
        study.scans["predicted_ml"] = constant

    assert {"VOL104", "VOL105"} <= {finding.code for finding in judged(planted(constantly)).findings}


def test_perfect_predictions_and_equal_references_divide_by_nothing(planted, judged):
    def perfect(study, targets):
        study.scans["predicted_ml"] = study.scans["reference_ml"] = 50.0
        for history in study.histories.values():
            history[["train_mae_ml", "val_mae_ml", "train_loss", "gradient_norm"]] = 0.0

    judged(planted(perfect))


def test_ids_may_be_anything(planted, judged):
    def renamed(study, targets):
        names = {"p00": "Ärger, <b>&\"'", "p01": "NA", "p02": "患者", "p03": "1e5", "p04": " 007"}
        study.scans["patient_id"] = study.scans["patient_id"].replace(names)
        study.scans.loc[17, "predicted_ml"] = study.scans.loc[17, "reference_ml"] * 2.2

    run = planted(renamed)
    write_findings(judged(run).findings, run.findings)
    assert json.loads(run.findings.read_text(encoding="utf-8"))["findings"]


def test_what_is_no_run_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "gone"):
        with pytest.raises(RunError, match="is no run: expected a directory"):
            read_run_records(path)
