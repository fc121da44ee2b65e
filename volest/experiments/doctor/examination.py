"""Every check in turn, each timed and limited; what one raises is its verdict, and the others go on."""

import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from volest.config import Config
from volest.errors import VolestError
from volest.experiments.doctor.libraries import LIBRARIES
from volest.experiments.doctor.verdict import Check, Outcome, Verdict, failed, skipped
from volest.experiments.doctor.versions import VERSIONS
from volest.progress import Progress

FIRST = (VERSIONS, LIBRARIES)
"""They import nothing that may be broken, or worse, compromised; the other checks are loaded after them."""


def examine(config: Config, progress: Progress) -> list[Verdict]:
    """Examine this machine, the data and the configuration; nothing is left behind.

    Without a manifest the checks of data are skipped.
    """
    verdicts = run_checks(FIRST, None, "doctor: libraries", progress)
    if verdicts[-1].outcome.state == "failed":
        rest = skipped("not examined", "First make the libraries load, then run `volest doctor` again.")
        return [*verdicts, Verdict("everything else", rest)]
    from volest.experiments.doctor.checks import CHECKS
    from volest.experiments.doctor.subject import Subject

    with tempfile.TemporaryDirectory(prefix="volest-doctor-", ignore_cleanup_errors=True) as folder:
        return verdicts + run_checks(CHECKS, Subject(config, Path(folder)), "doctor: machine and data", progress)


def run_checks(checks: Sequence[Check], subject: Any, title: str, progress: Progress) -> list[Verdict]:
    """The verdicts of `checks` in their order; a check whose needs did not pass is skipped."""
    verdicts: list[Verdict] = []
    with progress.task(title, len(checks)) as step:
        for check in checks:
            verdicts.append(_verdict(check, subject, verdicts))
            step(f"{check.title}: {verdicts[-1].outcome.state}")
    return verdicts


def _verdict(check: Check, subject: Any, before: Sequence[Verdict]) -> Verdict:
    lacking = [v.title for v in before if v.title in check.needs and v.outcome.state in ("failed", "skipped")]
    if lacking:
        return Verdict(check.title, skipped(f"needs {lacking[0]}"))
    started = time.perf_counter()
    outcome = _limited(lambda: check.examine(subject), check.limit_s)
    return Verdict(check.title, outcome, time.perf_counter() - started)


def _limited(examine: Callable[[], Outcome], limit_s: float) -> Outcome:
    """In a thread of its own: it can be left behind, on every system, when it hangs in foreign code."""
    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(_guarded(examine)), daemon=True)
    thread.start()
    thread.join(limit_s)
    if outcomes:
        return outcomes[0]
    return failed(
        f"no answer within {limit_s:.0f} s",
        "It hangs or is very slow: see what else the machine is doing, and whether its disks answer. "
        "What runs after it may be slowed by it.",
    )


def _guarded(examine: Callable[[], Outcome]) -> Outcome:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a user should know of them stands in the verdict
            return examine()
    except VolestError as error:  # written for the user, remedy included
        return failed("refused", str(error))
    except BaseException as error:  # whatever foreign code raises, SystemExit included, says that it does not work
        lines = str(error).strip().splitlines() or ["no message"]
        return failed(
            f"{type(error).__name__}: {lines[0]}",
            "Look this message up; where it names nothing that you can mend, report it with this table.",
        )
