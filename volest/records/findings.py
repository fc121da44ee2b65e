"""`findings.json`: what is wrong with the data or with a run, how sure that is, and what to do."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from volest.errors import RunError
from volest.records import atomic


class Severity(StrEnum):
    """How bad a finding is; only an error makes a command end with exit status 1."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One fault, or one fact worth knowing.

    Attributes:
        code: VOL0xx for the audit of a manifest, VOL1xx for the diagnosis of a run, VOL2xx for its controls. A code
            never changes its meaning.
        sentence: what was found, in plain words and with its figures.
        remedy: what to do about it, in the imperative.
        scan_ids: the scans concerned; empty where it concerns the whole.
        figures: the numbers behind the sentence, by name with its unit.
    """

    code: str
    severity: Severity
    sentence: str
    remedy: str
    scan_ids: tuple[str, ...] = ()
    patient_ids: tuple[str, ...] = ()
    figures: Mapping[str, float | str] = field(default_factory=dict)


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Errors, then warnings, then notes; by code, then by scan within each."""
    rank = {severity: place for place, severity in enumerate(Severity)}
    return sorted(findings, key=lambda finding: (rank[finding.severity], finding.code, finding.scan_ids))


def write_findings(findings: Iterable[Finding], path: Path) -> None:
    """Write them, worst first."""
    rows = [asdict(finding) for finding in worst_first(findings)]
    atomic.write_text(path, json.dumps({"findings": rows}, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def findings_of(rows: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """From what JSON made of them.

    Raises:
        ValueError, KeyError, TypeError: rows that hold no findings.
    """
    return [
        Finding(
            **{
                **row,
                "severity": Severity(row["severity"]),
                "scan_ids": tuple(row["scan_ids"]),
                "patient_ids": tuple(row["patient_ids"]),
            }
        )
        for row in rows
    ]


def read_findings(path: Path) -> list[Finding]:
    """Read them again.

    Raises:
        RunError: no such file, or it holds no findings.
    """
    try:
        return findings_of(json.loads(path.read_text(encoding="utf-8"))["findings"])
    except FileNotFoundError:
        raise RunError(f"{path} does not exist. `volest check` and `volest diagnose` write it.") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"{path} is damaged: {error}. Write it again with `volest check` or `volest diagnose`."
        ) from None
