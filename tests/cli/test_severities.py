from volest.cli.severities import STYLES, tally
from volest.records.findings import Finding, Severity


def test_findings_are_counted_by_severity_in_words():
    note, error = (Finding("VOL000", severity, "", "") for severity in (Severity.NOTE, Severity.ERROR))
    assert tally([note, error, note]) == "1 error, 0 warnings, 2 notes"


def test_every_severity_has_its_own_colour():
    assert len({STYLES[severity] for severity in Severity}) == len(Severity)
