"""What a check may say: it found its fault, it passed, or it cannot be applied. The last is no pass."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.run_records import RunRecords
from volest.records.findings import Finding, Severity


@dataclass(frozen=True)
class Passed:
    """The records do not show the fault.

    Attributes:
        sentence: what they show instead, with its figures.
    """

    code: str
    sentence: str


@dataclass(frozen=True)
class NotApplicable:
    """The records cannot tell.

    Attributes:
        reason: what is missing.
    """

    code: str
    reason: str


Verdict = Finding | Passed | NotApplicable

Check = Callable[[RunRecords, DiagnosisConfig, np.random.Generator], Iterator[Verdict]]
"""Looks at the records of one run; the generator draws resamples and permutations."""


@dataclass(frozen=True)
class Fault:
    """What one check looks for. A code never changes its meaning.

    Attributes:
        title: in a few words.
        severities: that its findings may have, worst first.
    """

    code: str
    title: str
    severities: tuple[Severity, ...]

    def found(
        self,
        severity: Severity,
        sentence: str,
        remedy: str,
        figures: Mapping[str, float | str] | None = None,
        scan_ids: Sequence[str] = (),
        patient_ids: Sequence[str] = (),
    ) -> Finding:
        """A finding of this fault; figures that are not finite are left out, as JSON has none."""
        told = {name: value if isinstance(value, str) else float(value) for name, value in (figures or {}).items()}
        finite = {name: value for name, value in told.items() if isinstance(value, str) or math.isfinite(value)}
        return Finding(self.code, severity, sentence, remedy, tuple(scan_ids), tuple(patient_ids), finite)

    def passed(self, sentence: str) -> Passed:
        """The fault is not there."""
        return Passed(self.code, sentence)

    def not_applicable(self, reason: str) -> NotApplicable:
        """Nobody can tell."""
        return NotApplicable(self.code, reason)
