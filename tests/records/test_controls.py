from datetime import date

import pytest

from volest.errors import RunError
from volest.records.controls import ControlsRecord, read_controls, training_of, write_controls
from volest.records.findings import Finding, Severity
from volest.records.run import FoldDirectory

RECORD = ControlsRecord(
    fold=2,
    made_on=date(2026, 11, 22),
    training="ab" * 32,
    findings=(Finding("VOL204", Severity.WARNING, "Größe.", "Look.", ("s1",), (), {"mae_ml": 2.0}),),
    passed=(("VOL201", "no skill"),),
    not_applicable=(("VOL203", "too few"),),
)


def test_verdicts_are_read_as_they_were_written(tmp_path):
    write_controls(RECORD, tmp_path / "verdicts.json")
    assert read_controls(tmp_path / "verdicts.json") == RECORD


@pytest.mark.parametrize("text", [None, "", "{}", '{"fold": 0}', "[1]"])
def test_what_is_no_record_is_refused(tmp_path, text):
    if text is not None:
        (tmp_path / "verdicts.json").write_text(text)
    with pytest.raises(RunError, match="is missing or damaged"):
        read_controls(tmp_path / "verdicts.json")


def test_another_training_has_another_name(tmp_path):
    fold = FoldDirectory(tmp_path)
    assert training_of(fold) == ""
    names = set()
    for text in ("epoch,seconds\n0,2.1\n", "epoch,seconds\n0,2.2\n"):
        fold.history.write_text(text)
        names.add(training_of(fold))
    assert len(names) == 2
