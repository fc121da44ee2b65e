from volest.records.evaluation import Figure
from volest.records.refusal import Refusal, RiskCoverage
from volest.report.judged_scan import JudgedScan
from volest.report.refusal_section import refusal_words, refused_rows, threshold_rows

SCANS = [JudgedScan(f"s{n}", f"p{n}", 0, 50.0 + n, 50.0, float(n), 2.0 * n) for n in range(20)]
SCORES = {f"s{n}": float(n) for n in range(20)}


def risk(lowered, low=None, high=None):
    return RiskCoverage((1.0,), (9.0,), Figure(9.0, None, None), 4.0, 9.0, 20.0, Figure(lowered, low, high))


def refusal(*risks):
    return Refusal(SCORES, {0.1: 17.5, 0.2: 15.5}, *risks)


def test_what_is_lowered_raised_and_chance_is_told_apart():
    assert refusal_words(refusal(risk(23.0, 12.0, 31.0))) == (
        "Refusing the least typical 20% lowers the mean absolute error by 23% (12 to 31)."
    )
    assert "by 4% (\u22125 to 13), which may be chance." in refusal_words(refusal(risk(4.0, -5.0, 13.0)))
    both = refusal_words(refusal(risk(-10.0, -16.0, -3.0), risk(14.0, 2.0, 42.0)))
    assert "least typical 20% raises the mean absolute error by 10%." in both
    assert "most widely bounded 20% lowers" in both
    worse = refusal_words(refusal(risk(-4.0, -12.0, 3.0)))
    assert worse.endswith("raises the mean absolute error by 4%, which may be chance.")


def test_thresholds_say_whom_they_leave():
    assert threshold_rows(refusal(risk(1.0)), SCANS) == [("10%", "17.50", "2", "8.5"), ("20%", "15.50", "4", "7.5")]


def test_a_share_smaller_than_so_many_patients_can_tell_has_no_score():
    small = Refusal(SCORES, {0.04: 19.0, 0.05: 19.0}, risk(1.0))  # 20 patients tell one in 21
    assert threshold_rows(small, SCANS) == [("4%", "not told by 20 patients", "–", "–"), ("5%", "19.00", "0", "9.5")]


def test_refused_scans_stand_in_the_order_of_their_scores():
    rows = refused_rows(refusal(risk(1.0)), SCANS[::-1], 15.0)
    assert [row[0] for row in rows] == ["s19", "s18"]  # two and the new one are 3 of 21 patients
    assert rows[0] == ("s19", "p19", "19.00", "10%", "69.0", "+19.0")


def test_scans_without_a_score_are_left_out():
    one = Refusal({"s3": 1.0}, {0.1: 2.0}, risk(None))
    assert threshold_rows(one, SCANS) == [("10%", "not told by 1 patient", "–", "–")]
    assert refused_rows(one, SCANS, 5.0) == []
    assert "cannot be told" in refusal_words(one)
