import sys
import threading
import time

import pytest

from volest.errors import ScanError
from volest.experiments.doctor import examination
from volest.experiments.doctor.examination import examine, run_checks
from volest.experiments.doctor.verdict import Check, failed, ok, skipped, warning
from volest.progress import Silent


def check(title, examine, **settings):
    return Check(title, examine, **settings)


def states(checks):
    return [verdict.outcome.state for verdict in run_checks(checks, None, "doctor", Silent())]


def raising(error):
    def examine(_):
        raise error

    return examine


def test_a_check_that_crashes_is_a_verdict_and_the_next_one_runs():
    crashed, after = run_checks([check("a", raising(KeyError("x"))), check("b", lambda _: ok("1"))], None, "", Silent())
    assert (crashed.outcome.state, crashed.outcome.measured) == ("failed", "KeyError: 'x'")
    assert "report it" in crashed.outcome.remedy
    assert after.outcome == ok("1")


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), MemoryError(), RuntimeError("")])
def test_nothing_that_foreign_code_raises_ends_the_examination(error):
    assert states([check("a", raising(error)), check("b", lambda _: ok("1"))]) == ["failed", "ok"]


def test_an_error_written_for_the_user_is_the_remedy():
    (verdict,) = run_checks([check("a", raising(ScanError("scan 's1' is gone. Bring it back.")))], None, "", Silent())
    assert (verdict.outcome.measured, verdict.outcome.remedy) == ("refused", "scan 's1' is gone. Bring it back.")


def test_a_check_that_hangs_is_left_behind():
    released = threading.Event()
    started = time.perf_counter()
    hanging = check("a", lambda _: ok(str(released.wait(60))), limit_s=0.1)
    (verdict,) = run_checks([hanging], None, "", Silent())
    released.set()
    assert time.perf_counter() - started < 30
    assert (verdict.outcome.state, verdict.outcome.measured) == ("failed", "no answer within 0 s")
    assert verdict.seconds >= 0.1


@pytest.mark.parametrize("first", [failed("1", "2"), skipped("1")])
def test_what_a_check_needs_has_to_be_there(first):
    verdicts = run_checks(
        [check("a", lambda _: first), check("b", raising(ValueError()), needs=("a",))], None, "", Silent()
    )
    assert verdicts[1].outcome == skipped("needs a")


def test_a_warning_keeps_nothing_from_being_examined():
    assert states([check("a", lambda _: warning("1", "2")), check("b", lambda _: ok("1"), needs=("a",))]) == [
        "warning",
        "ok",
    ]


def test_nothing_is_loaded_where_the_libraries_are_compromised(tiny, monkeypatch):
    bad = check("libraries", lambda _: failed("lightning 2.6.2 is not loaded", "Replace it."))
    monkeypatch.setattr(examination, "FIRST", (bad,))
    monkeypatch.setitem(sys.modules, "volest.experiments.doctor.checks", None)  # importing it would now raise
    first, rest = examine(tiny(), Silent())
    assert (first.outcome.state, rest.outcome.state) == ("failed", "skipped")
