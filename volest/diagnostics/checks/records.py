"""VOL100: records that are missing or damaged, so that other checks cannot speak."""

from collections.abc import Iterator

import numpy as np

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import Fault, Verdict
from volest.diagnostics.wording import listed
from volest.records.findings import Severity

FAULT = Fault("VOL100", "records missing or damaged", (Severity.WARNING, Severity.NOTE))


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """One warning for each damaged record and for what finished folds have lost, one note for all else not there."""
    damaged = {name: why for name, why in run.problems.items() if (run.directory.path / name).exists()}
    absent = [name for name in run.problems if name not in damaged and name not in run.lost]
    for name, why in damaged.items():
        remedy = "Restore it from a copy; records of finished folds that `volest cv` can write again it writes again."
        yield FAULT.found(Severity.WARNING, f"{name} cannot be read: {why}", remedy, {"record": name})
    if run.lost:
        names = sorted(run.lost)
        sentence = (
            f"Of finished folds {listed(names)} {'is' if len(names) == 1 else 'are'} lost: predictions leave them out."
        )
        remedy = "Restore what is lost from a copy, or train such a fold again: `volest train --fold K --resume`."
        yield FAULT.found(Severity.WARNING, sentence, remedy, {"records": ", ".join(names)})
    if absent:
        sentence = f"Not there: {listed(absent)}. What they would show is not judged."
        remedy = "Run `volest cv` to the end with this run directory; finished folds are not trained a second time."
        if any(name.endswith("novelty.csv") for name in absent):  # which is made where the fold is judged
            remedy += " A novelty.csv comes back from a copy, or with `volest train --fold K --restart`."
        yield FAULT.found(Severity.NOTE, sentence, remedy, {"records": ", ".join(absent)})
    if not run.problems:
        yield FAULT.passed("every record that was looked for is there and can be read")
