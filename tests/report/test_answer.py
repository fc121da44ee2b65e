from dataclasses import replace

import numpy as np
import pytest

from volest.diagnostics.diagnosis import Diagnosis
from volest.diagnostics.verdict import NotApplicable, Passed
from volest.evaluation.evaluation import evaluate
from volest.records.findings import Finding, Severity
from volest.records.judged import Judged
from volest.records.predictions import Prediction
from volest.report.answer import answer


def _diagnosis(*findings, passed=20, unknown=2):
    sound = tuple(Passed("VOL100", "sound") for _ in range(passed))
    return Diagnosis(findings, sound, tuple(NotApplicable("VOL100", "missing") for _ in range(unknown)))


def _finding(severity, code="VOL101", remedy="Do this."):
    return Finding(code, severity, "Something is wrong.", remedy)


@pytest.fixture(scope="module")
def evaluation():
    rng = np.random.default_rng(0)
    references_ml = rng.uniform(20, 90, 30)
    rows = [Prediction(f"s{n}", f"p{n // 2}", n % 3, ml + rng.normal(0, 3), ml) for n, ml in enumerate(references_ml)]
    return evaluate(Judged("run", tuple(rows)), rng, n_draws=50)


def test_an_error_forbids_its_use(evaluation):
    told = answer(_diagnosis(_finding(Severity.ERROR), _finding(Severity.WARNING)), evaluation)
    assert (told.tone, told.headline) == ("error", "No, not as it is")


def test_a_warning_asks_for_care(evaluation):
    assert answer(_diagnosis(_finding(Severity.WARNING)), evaluation).headline == "With care"


def test_a_note_is_nothing_wrong(evaluation):
    told = answer(_diagnosis(_finding(Severity.NOTE)), evaluation)
    assert told.headline.startswith("Yes, in research")
    assert not told.wrong


def test_few_patients_are_a_pilot_whatever_their_figures(evaluation):
    few = replace(evaluation, overall=replace(evaluation.overall, n_patients=9))
    assert answer(_diagnosis(), few).headline == "Too early to say"


def test_an_unfinished_run_is_not_judged(evaluation):
    assert answer(_diagnosis(), evaluation, folds_left=2).headline == "Too early to say"


def test_an_unfinished_run_is_finished_before_anything_else(evaluation):
    told = answer(_diagnosis(_finding(Severity.WARNING)), evaluation, folds_left=2)
    assert "`volest cv`" in told.steps[0]
    assert told.steps[1:] == ("Do this.",)


def test_checks_that_could_not_be_applied_are_no_pass(evaluation):
    assert answer(_diagnosis(passed=3, unknown=15), evaluation).headline == "Nobody can tell"


def test_without_an_evaluation_nothing_is_known():
    told = answer(_diagnosis(), None)
    assert told.headline == "Not yet"
    assert told.expect == ""
    assert told.steps


def test_the_error_to_expect_is_that_of_the_evaluation(evaluation):
    assert f"{evaluation.overall.mae_ml.value:.1f} mL" in answer(_diagnosis(), evaluation).expect


def test_the_same_remedy_is_given_once(evaluation):
    told = answer(_diagnosis(*(_finding(Severity.WARNING, code) for code in ("VOL101", "VOL102"))), evaluation)
    assert told.steps == ("Do this.",)
