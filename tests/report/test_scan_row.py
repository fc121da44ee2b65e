from volest.records.findings import Finding, Severity
from volest.report.scan_row import scan_row


def _finding(code, severity, *scan_ids):
    return Finding(code, severity, f"{code} of {', '.join(scan_ids)}.", "Mend it.", scan_ids)


def test_chips_stand_worst_first_and_a_code_once(measured, scan):
    findings = [
        _finding("VOL030", Severity.NOTE, "a"),
        _finding("VOL002", Severity.WARNING, "a"),
        _finding("VOL002", Severity.WARNING, "a", "b"),
        _finding("VOL050", Severity.ERROR, "a"),
        _finding("VOL001", Severity.ERROR, "b"),
    ]
    row = scan_row(measured(scan("a")), findings, 0)
    assert [chip.code for chip in row.chips] == ["VOL050", "VOL002", "VOL030"]
    assert row.chips[1].sentence == "VOL002 of a. VOL002 of a, b."
    assert row.rank == 3


def test_a_finding_about_many_scans_is_not_repeated_in_each_row(measured, scan):
    few, many = (_finding("VOL040", Severity.NOTE, *ids) for ids in (("a", "b"), ("a", "b", "c")))
    assert scan_row(measured(scan("a")), [few], 0).chips[0].told
    assert not scan_row(measured(scan("a")), [many], 0).chips[0].told


def test_an_unreadable_scan_has_a_row_without_views(measures):
    row = scan_row(measures[4], [], 4)
    assert (row.thumbnails, row.bar, row.spacing, row.field_of_view_ml) == ((), None, "", None)
    assert row.fault is not None
