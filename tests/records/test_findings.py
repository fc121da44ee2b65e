import pytest

from volest.errors import RunError
from volest.records.findings import Finding, Severity, read_findings, worst_first, write_findings

NOTE = Finding("VOL090", Severity.NOTE, "10 patients.", "Scan more patients.", figures={"patients": 10.0})
ERROR = Finding("VOL001", Severity.ERROR, "Scan 'ä' has no voxels.", "Export it again.", ("ä",), ("P1",))
WARNING = Finding("VOL002", Severity.WARNING, "One voxel is 9 mm thick.", "Scan in thinner slices.", ("b",))


def test_findings_come_back_as_they_were_written_worst_first(tmp_path):
    write_findings([NOTE, WARNING, ERROR], tmp_path / "findings.json")

    assert read_findings(tmp_path / "findings.json") == [ERROR, WARNING, NOTE]


def test_findings_of_one_severity_are_ordered_by_code_then_scan():
    other = Finding("VOL001", Severity.ERROR, "No voxels.", "Export it again.", ("a",))

    assert worst_first([NOTE, ERROR, other]) == [other, ERROR, NOTE]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"findings": [{"code": "VOL001"}]}', '{"findings": [{"severity": 1}]}']
)
def test_a_damaged_file_is_refused(tmp_path, text):
    (tmp_path / "findings.json").write_text(text)

    with pytest.raises(RunError, match="damaged"):
        read_findings(tmp_path / "findings.json")


def test_a_missing_file_is_refused_with_the_command_that_makes_it(tmp_path):
    with pytest.raises(RunError, match="volest check"):
        read_findings(tmp_path / "findings.json")
