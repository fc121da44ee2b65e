"""Everything that the page of a run shows, read and judged once; what is missing is told in words."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.diagnosis import Diagnosis, diagnose
from volest.diagnostics.run_records import RunRecords, read_run_records
from volest.errors import VolestError
from volest.evaluation.evaluation import evaluate
from volest.progress import Progress
from volest.records.evaluation import Comparison, Evaluation, read_evaluation
from volest.records.judged import Judged, read_judged, said_by_baselines
from volest.records.predictions import Prediction
from volest.records.refusal import Refusal, read_refusal
from volest.report.judged_scan import JudgedScan, judged_scans
from volest.report.judged_scan import worst_first as worst_scans_first
from volest.report.pictures import scan_pictures

MOST_BANDS = 12
"""Parts by which errors are told apart in the page; more are no table to read."""


@dataclass(frozen=True)
class ReportedRun:
    """One run as its page tells it.

    Attributes:
        evaluation: None where nothing could be judged; the findings say why.
        proof: the folds in words and figures, as Markdown; empty where the run has none.
        environment: with what the run was made; empty where it is not recorded.
        refusal: what refusing scans is worth; None where it is not recorded, or cannot be read.
    """

    name: str
    records: RunRecords
    scans: tuple[JudgedScan, ...]
    diagnosis: Diagnosis
    evaluation: Evaluation | None
    proof: str
    environment: Mapping[str, Any]
    refusal: Refusal | None = None

    @property
    def baselines(self) -> tuple[Comparison, ...]:
        """The networks against each baseline, on the scans that both predicted."""
        return self.evaluation.baselines if self.evaluation else ()

    def why_absent(self, *names: str) -> str:
        """Why the first of these records that should be shown is not; empty where all can be read, or are not due."""
        run, problems = self.records.directory, self.records.problems
        return next((problems[name] for name in names if name in problems and run.expects(run.path / name)), "")

    @property
    def folds_left(self) -> int:
        """Folds of which no held-out scan was judged."""
        parts = {part for _, part in self.records.fold_rows if part.isdecimal()}
        return len(parts - {str(scan.fold) for scan in self.scans})


def read_reported_run(path: Path, with_pictures: bool, progress: Progress | None = None) -> ReportedRun:
    """Read and judge a run.

    Args:
        path: of its directory.
        with_pictures: read the scans too, where they are.
        progress: told of each scan that is read.

    Raises:
        RunError: `path` is no directory of a run at all.
    """
    records = read_run_records(path)
    proof = records.directory.folds_proof
    return ReportedRun(
        name=path.resolve().name.encode("utf-8", "replace").decode(),
        records=records,
        scans=_scans(records, with_pictures, progress),
        diagnosis=_diagnosis(records),
        evaluation=_evaluation(records),
        proof=proof.read_text(encoding="utf-8", errors="replace") if proof.is_file() else "",
        environment=_environment(records.directory.environment),
        refusal=_refusal(records.directory.refusal),
    )


def _diagnosis(records: RunRecords) -> Diagnosis:
    """Made again, which gives the same figures; controls speak by the record that they have left."""
    config = records.config
    thresholds, seed = (config.diagnosis, config.seed) if config else (DiagnosisConfig(), 0)
    return diagnose(records, thresholds, seed)


def _evaluation(records: RunRecords) -> Evaluation | None:
    """Made again by fold and device, with the comparisons of the recorded one where it speaks of the same figures."""
    columns = ["fold"] if records.held_out["fold"].nunique() in range(2, MOST_BANDS + 1) else []
    devices = {scan.device for scan in records.scans.values()}
    columns += ["device"] if len(devices) in range(2, MOST_BANDS + 1) else []
    try:
        fresh = evaluate(_judged(records, columns), np.random.default_rng(0))
    except VolestError:
        return None
    try:
        recorded = read_evaluation(records.directory.evaluation)
    except VolestError:
        return fresh
    same = recorded.overall.mae_ml.value == fresh.overall.mae_ml.value
    return replace(fresh, comparisons=recorded.comparisons) if same else fresh


def _judged(records: RunRecords, columns: list[str]) -> Judged:
    """The run as `volest evaluate` reads it; where a record of it is damaged, what the others tell."""
    try:
        return read_judged(records.directory.path, columns)
    except VolestError:
        if records.held_out.empty:
            raise
    names = ["scan_id", "patient_id", "fold", "predicted_ml", "reference_ml"]
    rows = records.held_out[names].itertuples(index=False, name=None)
    predictions = tuple(Prediction(*row) for row in rows)
    remark = "A record of the run is missing or damaged (VOL100): these figures rest on what the others tell."
    baselines = {} if records.baselines is None else said_by_baselines(records.baselines, predictions)
    return Judged(str(records.directory.path), predictions, (remark,), baselines=baselines)


def _scans(records: RunRecords, with_pictures: bool, progress: Progress | None) -> tuple[JudgedScan, ...]:
    scans = judged_scans(records.held_out)
    if not with_pictures:
        return scans
    ordered = [records.scans[s.scan_id] for s in worst_scans_first(scans) if s.scan_id in records.scans]
    return judged_scans(records.held_out, scan_pictures(ordered, progress))


def _refusal(path: Path) -> Refusal | None:
    try:
        return read_refusal(path)
    except VolestError:
        return None


def _environment(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def volumes_by_part(records: RunRecords) -> Mapping[str, Sequence[float]]:
    """Reference volumes of the scans of each fold and of the locked test set, by what the page calls it."""
    part_of = dict(records.fold_rows)
    held: dict[str, list[float]] = {}
    for scan in records.scans.values():
        part = part_of.get(scan.patient_id)
        if part is not None:
            held.setdefault(f"fold {part}" if part.isdecimal() else f"{part} set", []).append(scan.volume_ml)
    return dict(sorted(held.items(), key=lambda item: (not item[0].startswith("fold"), len(item[0]), item[0])))
