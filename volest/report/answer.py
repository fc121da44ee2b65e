"""The answer that stands first: can this be used, what is wrong, what next?"""

from collections.abc import Sequence
from dataclasses import dataclass

from volest.diagnostics.diagnosis import Diagnosis
from volest.records.evaluation import Evaluation
from volest.records.findings import Finding, Severity
from volest.report.figure_text import UNDEFINED, interval, value
from volest.wording import counted

FEWEST_PATIENTS = 10
"""Fewer patients are a pilot, whatever their figures."""

MOST_STEPS = 5

FINISH = (
    "Train the folds that are left: `volest cv` with the options of the finished ones, which are not trained again. "
    "Then write this page again."
)
HEALTHY_STEPS = (
    "Look at the worst scans below: are their references right?",
    "Judge it on patients of another time, scanner or hospital before anyone relies on it.",
    "Decide which error is acceptable for its purpose, and compare the limits of agreement with that.",
)


@dataclass(frozen=True)
class Answer:
    """Three answers in words.

    Attributes:
        tone: severity that the first line is shown in; empty where nothing is wrong.
        headline: can this be used, in a few words.
        because: why.
        expect: what error to expect of a new scan; empty where nothing was judged.
        wrong: findings that are no notes, worst first.
        steps: what to do, in order.
    """

    tone: str
    headline: str
    because: str
    expect: str
    wrong: tuple[Finding, ...]
    steps: tuple[str, ...]


def answer(diagnosis: Diagnosis, evaluation: Evaluation | None, folds_left: int = 0) -> Answer:
    """From the diagnosis, the evaluation, and how many folds have not been judged."""
    wrong = tuple(finding for finding in diagnosis.findings if finding.severity is not Severity.NOTE)
    tone, headline, because = _headline(diagnosis, wrong, evaluation, folds_left)
    finish = (FINISH,) if folds_left or (evaluation is None and not wrong) else ()
    steps = (*finish, *dict.fromkeys(finding.remedy for finding in wrong))[:MOST_STEPS]
    expect = _expect(evaluation) if evaluation else ""
    return Answer(tone, headline, because, expect, wrong, steps or HEALTHY_STEPS)


def _headline(
    diagnosis: Diagnosis, wrong: Sequence[Finding], evaluation: Evaluation | None, folds_left: int
) -> tuple[str, str, str]:
    errors = sum(finding.severity is Severity.ERROR for finding in wrong)
    if evaluation is None:
        return "error", "Not yet", "No held-out scan could be judged, so that nothing is known about its errors."
    if errors:
        found = f"{counted(errors, 'finding')} of the diagnosis"
        return "error", "No, not as it is", f"{found} must be mended before a number of this run is believed."
    if folds_left:
        left = f"{folds_left} fold{'s have' if folds_left > 1 else ' has'}"
        return (
            "warning",
            "Too early to say",
            f"{left} not been judged yet: finish the run with `volest cv` and the same options.",
        )
    if len(diagnosis.passed) < len(diagnosis.not_applicable):
        unknown = f"{len(diagnosis.not_applicable)} of the checks"
        return "warning", "Nobody can tell", f"{unknown} could not be applied, because records are missing or too few."
    if evaluation.overall.n_patients < FEWEST_PATIENTS:
        few = f"{evaluation.overall.n_patients} patients"
        return "warning", "Too early to say", f"It was judged on {few}: a pilot, whatever its figures."
    if wrong:
        return (
            "warning",
            "With care",
            f"No error was found, but {counted(len(wrong), 'warning')}: understand each before relying on the figures.",
        )
    return (
        "",
        "Yes, in research, on scans like these",
        "No check found a fault. Other scanners, hospitals or patients have not been tried.",
    )


def _expect(evaluation: Evaluation) -> str:
    overall, limits = evaluation.overall, evaluation.overall.limits_ml
    sentence = f"A new patient's scan is off by {value(overall.mae_ml, 1, ' mL')} on average"
    if interval(overall.mae_ml) != UNDEFINED:
        sentence += f" ({evaluation.level:.0%} interval {interval(overall.mae_ml)})"
    if overall.mape_percent.value is not None:
        sentence += f", {value(overall.mape_percent, 0, '%')} of its volume"
    if limits.lower.value is not None:
        sentence += (
            f". For 95 of 100 scans the prediction minus the reference lies between {value(limits.lower)} and "
            f"{value(limits.upper, 1, ' mL')}"
        )
    return f"{sentence}."
