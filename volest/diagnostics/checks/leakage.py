"""VOL117: a patient, a file, or what looks like one scan, on both sides of a fold."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import Fault, Verdict
from volest.diagnostics.wording import listed
from volest.records.findings import Severity
from volest.records.near_copies import NearCopy

FAULT = Fault("VOL117", "leakage: a patient, a file or a near copy in two folds", (Severity.ERROR,))


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """By the table of folds, by the predictions, by the SHA-256 of the files, and by what they look like."""
    of_patient, of_file = _in_parts(_patient_parts(run)), _in_parts(_file_parts(run))
    alike = _near_copies_apart(run)
    if not (run.fold_rows or len(run.held_out)):
        yield FAULT.not_applicable("neither folds.csv nor predictions can be read")
        return
    if of_patient:
        scans = [s.scan_id for s in run.scans.values() if s.patient_id in of_patient]
        yield FAULT.found(
            Severity.ERROR,
            f"{_counted(len(of_patient), 'patient')} in two parts: {listed(map(repr, of_patient))}. A network has "
            "trained on those it is judged by; the held-out error is too good to be true.",
            "Make folds with `volest split`, which keeps a patient in one part; train again in a new run directory.",
            {"patients": len(of_patient)},
            scans,
            list(of_patient),
        )
    if of_file:
        scans = [scan.scan_id for scan in run.scans.values() if scan.sha256 in of_file]
        patients = dict.fromkeys(run.scans[scan_id].patient_id for scan_id in scans)
        yield FAULT.found(
            Severity.ERROR,
            f"{_counted(len(of_file), 'file')} in two parts under other names: {listed(map(repr, scans))}. A network "
            "has trained on what it is judged by.",
            "Give the copies one patient_id, or remove them from the manifest; then split and train again.",
            {"files": len(of_file)},
            scans,
            list(patients),
        )
    if alike:
        scans = list(dict.fromkeys(name for pair in alike for name in (pair.first, pair.second)))
        pairs = listed(f"{pair.first!r} and {pair.second!r} ({pair.correlation:.2f})" for pair in alike)
        yield FAULT.found(
            Severity.ERROR,
            f"Scans of two patients in two parts look like one scan: {pairs} (correlation of their textures). If they "
            "are one, a network has trained on what it is judged by.",
            "Look at both (`volest check`, check.html). If they are one scan, give both one patient_id or remove the "
            "copy; then split and train again.",
            {"pairs": len(alike)},
            scans,
            list(dict.fromkeys(run.scans[scan_id].patient_id for scan_id in scans)),
        )
    if not (of_patient or of_file or alike):
        hashed = sum(scan.sha256 is not None for scan in run.scans.values())
        apart = "no near copy in another part" if run.near_copies is not None else "near copies: see `volest check`"
        yield FAULT.passed(f"no patient in two parts, none of {hashed} files twice; {apart}")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun} stands" if count == 1 else f"{count} {noun}s stand"


def _patient_parts(run: RunRecords) -> Iterator[tuple[str, str]]:
    yield from run.fold_rows
    yield from zip(run.held_out["patient_id"], map(str, run.held_out["fold"]), strict=True)


def _file_parts(run: RunRecords) -> Iterator[tuple[str, str]]:
    part = dict(run.fold_rows)
    for scan in run.scans.values():
        if scan.sha256 is not None and scan.patient_id in part:
            yield scan.sha256, part[scan.patient_id]


def _near_copies_apart(run: RunRecords) -> list[NearCopy]:
    """Pairs in two parts that are not one file, which is told already."""
    part, found = dict(run.fold_rows), []
    for pair in run.near_copies or ():
        scans = [scan for name in (pair.first, pair.second) if (scan := run.scans.get(name))]
        parts = {part.get(scan.patient_id) for scan in scans}
        hashes = {scan.sha256 for scan in scans}
        if len(scans) == len(parts) == 2 and None not in parts and (len(hashes) == 2 or None in hashes):
            found.append(pair)
    return found


def _in_parts(pairs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """What stands in more than one part."""
    parts = defaultdict(set)
    for name, part in pairs:
        parts[name].add(part)
    return tuple(name for name, in_parts in parts.items() if len(in_parts) > 1)
