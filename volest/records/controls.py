"""`controls/of_fold_K/verdicts.json`: what the control experiments of a fold showed, and of which training."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from volest.errors import RunError
from volest.records import atomic
from volest.records.findings import Finding, findings_of
from volest.records.run import FoldDirectory


@dataclass(frozen=True)
class ControlsRecord:
    """The controls of one fold.

    Attributes:
        fold: that they held out.
        made_on: the day of their verdicts.
        training: which training of the fold they stand beside, by `training_of`.
        findings: the faults that they showed.
        passed: code and sentence of each that showed none.
        not_applicable: code and reason of each that could not tell.
    """

    fold: int
    made_on: date
    training: str
    findings: tuple[Finding, ...]
    passed: tuple[tuple[str, str], ...]
    not_applicable: tuple[tuple[str, str], ...]


def training_of(fold: FoldDirectory) -> str:
    """Names one training of a fold, by its curves, which hold its seconds; empty before it has any."""
    return hashlib.sha256(fold.history.read_bytes()).hexdigest() if fold.history.is_file() else ""


def write_controls(record: ControlsRecord, path: Path) -> None:
    """Write the verdicts of one fold."""
    content = asdict(record) | {"made_on": record.made_on.isoformat()}
    atomic.write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_controls(path: Path) -> ControlsRecord:
    """Read them again.

    Raises:
        RunError: no such file, or it holds no verdicts.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return ControlsRecord(
            fold=int(content["fold"]),
            made_on=date.fromisoformat(content["made_on"]),
            training=str(content["training"]),
            findings=tuple(findings_of(content["findings"])),
            passed=_told(content["passed"]),
            not_applicable=_told(content["not_applicable"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"{path} is missing or damaged: {error}. Remove it and run `volest diagnose --controls` again; controls "
            "that were trained are not trained a second time."
        ) from None


def _told(rows: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((str(code), str(sentence)) for code, sentence in rows)
