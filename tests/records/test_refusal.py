import json
from dataclasses import replace

import pytest

from volest.errors import RunError
from volest.records.evaluation import Figure
from volest.records.refusal import Refusal, RiskCoverage, read_refusal, write_refusal

RISK = RiskCoverage((0.5, 1.0), (2.0, 3.0), Figure(2.5, 2.0, 3.0), 1.5, 3.0, 20.0, Figure(10.0, None, None))


def test_what_was_written_is_read(tmp_path):
    refusal = Refusal({"s1": 0.25, "s2": -1.0}, {0.05: 2.5}, RISK)
    for told in (refusal, replace(refusal, risk_by_width=RISK)):
        write_refusal(told, tmp_path / "refusal.json")
        assert read_refusal(tmp_path / "refusal.json") == told


def test_a_record_of_a_version_that_knew_no_widths_is_read(tmp_path):
    refusal = Refusal({"s1": 0.25}, {0.05: 2.5}, RISK)
    write_refusal(refusal, tmp_path / "refusal.json")
    tree = json.loads((tmp_path / "refusal.json").read_text())
    del tree["risk_by_width"]
    (tmp_path / "refusal.json").write_text(json.dumps(tree))
    assert read_refusal(tmp_path / "refusal.json") == refusal


def test_a_missing_file_names_the_command(tmp_path):
    with pytest.raises(RunError, match="volest cv"):
        read_refusal(tmp_path / "refusal.json")


def test_a_damaged_file_is_refused(tmp_path):
    (tmp_path / "refusal.json").write_text("{}")
    with pytest.raises(RunError, match="is damaged"):
        read_refusal(tmp_path / "refusal.json")


def test_a_run_records_what_refusing_is_worth(finished_run):
    refusal = read_refusal(finished_run.refusal)
    assert len(refusal.scores) == 12
    assert refusal.risk.best_area_ml <= refusal.risk.area_ml.value
    assert list(refusal.thresholds.values()) == sorted(refusal.thresholds.values(), reverse=True)
