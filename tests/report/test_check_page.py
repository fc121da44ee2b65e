import html

from volest.report.check_page import write_check_page

HOSTILE = "<script>alert(1)</script>"


def test_what_a_file_says_is_text_and_never_markup(page):
    text = page.read_text(encoding="utf-8")
    assert HOSTILE not in text
    assert html.escape(HOSTILE) in text
    assert "<img src=x" not in text
    assert text.count("<script>") == 1


def test_the_order_of_findings_does_not_matter(measures, findings, page, tmp_path):
    write_check_page(measures, findings[::-1], tmp_path / "check.html")
    again = (tmp_path / "check.html").read_text(encoding="utf-8")
    assert sorted(again.split()) == sorted(page.read_text(encoding="utf-8").split())


def test_a_study_without_findings_says_so(measured, scan, tmp_path):
    write_check_page([measured(scan("only"))], [], tmp_path / "check.html")
    text = (tmp_path / "check.html").read_text(encoding="utf-8")
    assert "No error and no warning." in text
    assert "Audit of 1 scan of 1 patient" in text


def test_two_hundred_scans_stay_light(measured, scan, tmp_path):
    one = measured(scan("s"), side=96)
    many = [type(one)(scan(f"s{n}"), facts=one.facts, planes=one.planes) for n in range(200)]
    write_check_page(many, [], tmp_path / "check.html")
    assert (tmp_path / "check.html").stat().st_size < 8e6
