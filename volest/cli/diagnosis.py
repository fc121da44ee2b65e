"""A diagnosis: made from the records of a run, written beside them, shown worst first."""

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from volest.cli.severities import STYLES, tally
from volest.cli.tables import console
from volest.config import Config
from volest.config.diagnosis import DiagnosisConfig
from volest.config.load import DEFAULT_RECIPE, load_config
from volest.diagnostics.diagnosis import Diagnosis, diagnose
from volest.diagnostics.run_records import read_run_records
from volest.errors import ConfigError
from volest.records.findings import write_findings


def judge_run(run: Path, overrides: Sequence[str] = (), seed: int | None = None) -> Diagnosis:
    """Diagnose the run with the thresholds of its own configuration, some of them overridden; write findings.json.

    Raises:
        RunError: no run.
        ConfigError: an override of anything but `diagnosis`.
    """
    records = read_run_records(run)
    config = records.config or Config()
    thresholds = _thresholds(config.diagnosis, overrides)
    diagnosis = diagnose(records, thresholds, config.seed if seed is None else seed)
    write_findings(diagnosis.findings, records.directory.findings)
    return diagnosis


def _thresholds(own: DiagnosisConfig, overrides: Sequence[str]) -> DiagnosisConfig:
    for override in overrides:
        if not override.strip().startswith("diagnosis."):
            raise ConfigError(
                f"override {override!r}: `volest diagnose` reads a run as it is; only diagnosis.key=value can be set."
            )
    base = [f"diagnosis.{name}={value!r}" for name, value in own.model_dump().items()]
    return load_config(DEFAULT_RECIPE, [*base, *overrides]).diagnosis


def show_diagnosis(diagnosis: Diagnosis, run: Path) -> None:
    """Findings with their remedies, then what passed and what could not be judged, a line each."""
    screen = console()
    if diagnosis.findings:
        table = Table("code", "", "what", "remedy", title="Diagnosis", show_lines=True)
        table.columns[2].ratio, table.columns[3].ratio = 3, 2
        for finding in diagnosis.findings:
            severity = finding.severity
            table.add_row(finding.code, severity.value, finding.sentence, finding.remedy, style=STYLES[severity])
        screen.print(table)
    for passed in diagnosis.passed:
        screen.print(f"{passed.code} passed: {passed.sentence}", soft_wrap=True, highlight=False)
    for unknown in diagnosis.not_applicable:
        screen.print(f"{unknown.code} not applicable: {unknown.reason}", soft_wrap=True, highlight=False)
    screen.print(
        f"{tally(diagnosis.findings)}, {len(diagnosis.passed)} passed, {len(diagnosis.not_applicable)} not "
        f"applicable. Figures of each: {run / 'findings.json'}",
        soft_wrap=True,
        highlight=False,
    )
