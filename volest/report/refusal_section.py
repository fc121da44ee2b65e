"""What refusing scans is worth, in words, and whom it would befall."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from volest.config.refusal import RefusalConfig
from volest.evaluation.typicality import Typicality
from volest.records.refusal import Refusal, RiskCoverage
from volest.report.figure_text import with_interval
from volest.report.figures import millilitres
from volest.report.judged_scan import JudgedScan
from volest.report.reading import ReportedRun
from volest.wording import counted

MOST_REFUSED = 20
"""Scans that are named."""


@dataclass(frozen=True)
class RefusalSection:
    """What the page says of refusal.

    Attributes:
        words: what it is worth, and how many scans it would befall.
        thresholds: rows of `threshold_rows`.
        refused: rows of `refused_rows`, `MOST_REFUSED` at most.
    """

    words: str
    thresholds: list[tuple[str, ...]]
    refused: list[tuple[str, ...]]


def refusal_section(run: ReportedRun) -> RefusalSection | None:
    """Of a run; None where nothing is recorded."""
    refusal = run.refusal
    if refusal is None or not any(scan.scan_id in refusal.scores for scan in run.scans):
        return None
    recorded = (run.records.config.refusal if run.records.config else RefusalConfig()).rejected_percent
    percent = recorded if refusal.rejected_percent is None else refusal.rejected_percent
    refused = refused_rows(refusal, run.scans, percent)
    words = (
        f"{refusal_words(refusal)} With `refusal.rejected_percent: {percent:g}`, {len(refused)} of "
        f"{counted(len(refusal.scores), 'held-out scan')} would have been refused"
        f"{f'; the first {MOST_REFUSED} are shown' if len(refused) > MOST_REFUSED else ''}."
    )
    return RefusalSection(words, threshold_rows(refusal, run.scans), refused[:MOST_REFUSED])


def refusal_words(refusal: Refusal) -> str:
    """By how much refusing lowers the error, in a sentence for each order."""
    told = _lowered("least typical", refusal.risk)
    return told + (f" {_lowered('most widely bounded', refusal.risk_by_width)}" if refusal.risk_by_width else "")


def _lowered(which: str, risk: RiskCoverage) -> str:
    by = risk.lowered_percent
    if by.value is None:
        return f"What refusing the {which} scans is worth cannot be told from so few."
    verb = "lowers" if by.value >= 0 else "raises"
    size = with_interval(by, 0, "%") if by.value >= 0 else f"{-by.value:.0f}%"
    sure = "" if by.low is None or by.high is None or not by.low <= 0 <= by.high else ", which may be chance"
    return f"Refusing the {which} {risk.rejected_percent:.0f}% {verb} the mean absolute error by {size}{sure}."


def threshold_rows(refusal: Refusal, scans: Sequence[JudgedScan]) -> list[tuple[str, ...]]:
    """A row for each recorded share of refused scans: it, score, held-out scans above it, error of the others.

    Shares below the smallest that so many patients can tell have no score.
    """
    known = [scan for scan in scans if scan.scan_id in refusal.scores]
    typicality = _typicality(refusal, known)
    rows: list[tuple[str, ...]] = []
    for rate, threshold in sorted(refusal.thresholds.items()):
        if rate < typicality.least:
            few = counted(typicality.n_patients, "patient")
            rows.append((f"{100 * rate:g}%", f"not told by {few}", "–", "–"))
            continue
        kept = [scan for scan in known if refusal.scores[scan.scan_id] <= threshold]
        error = millilitres(float(np.mean([abs(scan.error_ml) for scan in kept]))) if kept else "–"
        rows.append((f"{100 * rate:g}%", f"{threshold:.2f}", str(len(known) - len(kept)), error))
    return rows


def refused_rows(refusal: Refusal, scans: Sequence[JudgedScan], rejected_percent: float) -> list[tuple[str, ...]]:
    """Held-out scans that `predict --refuse` would have refused, the least typical first.

    A row each: scan, patient, score, share of patients that are at least as unusual, predicted volume, error.
    """
    known = [scan for scan in scans if scan.scan_id in refusal.scores]
    typicality = _typicality(refusal, known)
    threshold = typicality.threshold(rejected_percent / 100)
    ordered = sorted(zip(typicality.scores.tolist(), known, strict=True), key=lambda pair: (-pair[0], pair[1].scan_id))
    return [
        (scan.scan_id, scan.patient_id, f"{score:.2f}", f"{typicality.of(score):.0%}", millilitres(scan.predicted_ml),
         f"{scan.error_ml:+.1f}".replace("-", "\u2212"))
        for score, scan in ordered
        if score > threshold
    ]  # fmt: skip


def _typicality(refusal: Refusal, known: Sequence[JudgedScan]) -> Typicality:
    """Of scans that have a score."""
    scores = np.array([refusal.scores[scan.scan_id] for scan in known])
    return Typicality(scores, [scan.patient_id for scan in known])
