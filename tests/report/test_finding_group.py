from volest.records.findings import Finding, Severity
from volest.report.finding_group import concerned, group_findings


def test_findings_of_one_code_stand_together_worst_first(measures, findings):
    groups = group_findings(findings, measures)
    assert [(group.severity, group.code) for group in groups] == [
        ("error", "VOL001"),
        ("warning", "VOL014"),
        ("note", "VOL030"),
        ("note", "VOL031"),
    ]
    assert groups[1].scans == 3


def test_a_remedy_that_all_share_is_told_once(measures):
    alike = [Finding("VOL014", Severity.WARNING, f"Scan {n}.", "Leave it out.") for n in range(2)]
    (group,) = group_findings(alike, measures)
    assert group.remedy == "Leave it out."
    assert [told.remedy for told in group.findings] == ["", ""]
    other = Finding("VOL014", Severity.WARNING, "Scan 2.", "Measure it again.")
    (mixed,) = group_findings([*alike, other], measures)
    assert mixed.remedy == ""
    assert {told.remedy for told in mixed.findings} == {"Leave it out.", "Measure it again."}


def test_a_finding_about_patients_concerns_all_their_scans(measures):
    about = Finding("VOL031", Severity.NOTE, "P1 weighs twice.", "Nothing to do.", (), ("P1",))
    assert concerned(about, measures) == ("s10", "s9")
    assert concerned(Finding("VOL030", Severity.NOTE, "Few.", "More."), measures) == ()
