"""What the controls of a run showed when they were trained, for as long as they stand beside the same training."""

from collections.abc import Iterator
from dataclasses import replace

from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import NotApplicable, Passed, Verdict
from volest.records.controls import ControlsRecord, training_of


def recorded_controls(run: RunRecords) -> Iterator[Verdict]:
    """Every verdict of every fold's controls, with its day."""
    for record in run.controls:
        if record.training != training_of(run.directory.fold(record.fold)):
            yield from _outdated(record)
            continue
        day = f"(control trained on {record.made_on})"
        yield from (replace(finding, sentence=f"{finding.sentence} {day}") for finding in record.findings)
        yield from (Passed(code, f"{sentence} {day}") for code, sentence in record.passed)
        yield from (NotApplicable(code, f"{reason} {day}") for code, reason in record.not_applicable)


def _outdated(record: ControlsRecord) -> Iterator[NotApplicable]:
    codes = [finding.code for finding in record.findings]
    for code in sorted([*codes, *(code for code, _ in (*record.passed, *record.not_applicable))]):
        yield NotApplicable(
            code,
            f"the control of {record.made_on} stands beside another training of fold {record.fold}, which was trained "
            f"since: run `volest diagnose RUN --controls --fold {record.fold}` again",
        )
