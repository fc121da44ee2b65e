from volest.experiments.doctor.verdict import Outcome, Verdict, failed, ok, skipped, warning


def test_each_word_gives_its_state():
    assert [o.state for o in (ok("1"), warning("1", "2"), failed("1", "2"), skipped("1"))] == [
        "ok",
        "warning",
        "failed",
        "skipped",
    ]


def test_verdicts_are_equal_whatever_they_took():
    assert Verdict("disk", Outcome("ok", "1 GB"), 0.1) == Verdict("disk", Outcome("ok", "1 GB"), 0.2)
