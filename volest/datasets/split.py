"""Folds grouped by patient, balanced on the volume and on the number of scans."""

from collections import Counter

import numpy as np

from volest.config.schema import SplitConfig
from volest.datasets.partition import PatientTotals, balanced_partition
from volest.errors import FoldError
from volest.records.folds import TEST, Folds
from volest.records.manifest import Manifest
from volest.wording import counted


def make_folds(manifest: Manifest, config: SplitConfig, seed: int) -> Folds:
    """Give every patient one fold, or lock them away in the test set.

    The order of the manifest's rows changes nothing. The test set depends on the manifest, `test_fraction` and the seed
    alone, so that it stays locked when the number of folds changes.

    Args:
        manifest: the scans.
        config: number of folds, or one per patient; share of the patients in the test set.
        seed: another one gives other folds.

    Raises:
        FoldError: one patient, or fewer patients than folds once the test set is taken out.
    """
    volumes_ml: dict[str, list[float]] = {patient: [] for patient in sorted(manifest.patients)}
    for scan in manifest:
        volumes_ml[scan.patient_id].append(scan.volume_ml)
    test = _test_patients(volumes_ml, config, np.random.default_rng([seed, 0]))
    rest = {patient: volumes for patient, volumes in volumes_ml.items() if patient not in test}
    count = len(rest) if config.leave_one_patient_out else config.folds
    _require_enough(len(volumes_ml), len(rest), count, config)
    if config.leave_one_patient_out:
        parts = np.arange(count)
    else:
        totals = PatientTotals.of(list(rest.values()))
        parts = balanced_partition(totals, np.full(count, 1 / count), np.random.default_rng([seed, 1]))
    fold_of = dict(zip(rest, parts.tolist(), strict=True))
    return Folds({patient: fold_of.get(patient) for patient in volumes_ml})


def check_folds(manifest: Manifest, folds: Folds) -> None:
    """Refuse folds that were made for other patients.

    Raises:
        FoldError: a patient of the manifest has no fold, or the folds name a patient that the manifest does not.
    """
    patients, known = set(manifest.patients), set(folds.of_patient)
    for missing, what in (
        (patients - known, "of the manifest without a fold"),
        (known - patients, "of the folds that the manifest lacks"),
    ):
        if missing:
            named = ", ".join(repr(patient) for patient in sorted(missing)[:5])
            raise FoldError(
                f"{counted(len(missing), 'patient')} {what}: {named}{', ...' if len(missing) > 5 else ''}. "
                "Make folds for this manifest with `volest split`, or leave data.folds empty."
            )


def fold_proof(manifest: Manifest, folds: Folds) -> str:
    """The folds in words and figures, as Markdown; what it states has been checked.

    Raises:
        FoldError: as `check_folds`, or a patient is not held out exactly once.
    """
    check_folds(manifest, folds)
    parts: list[tuple[str, set[str]]] = [(str(fold), folds.held_out(fold)) for fold in range(folds.count)]
    if folds.test:
        parts.append((TEST, folds.test))
    patients, scans = _counted(manifest, parts)
    held_out = "each in exactly one fold" + (", or in the locked test set" if folds.test else "")
    lines = [
        "# Folds",
        "",
        f"{patients} patients with {scans} scans, {held_out}. No patient stands in two of them, and no scan does: "
        f"the {len(parts)} parts hold {patients} patients and {scans} scans together.",
        "",
        "| held out | patients | scans | mean mL | of all | SD mL | min mL | median mL | max mL |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
        *(_proof_row(name, manifest, members) for name, members in (*parts, ("all", set(manifest.patients)))),
        "",
        "## Patients",
        "",
        *(f"- {_title(name)}: {', '.join(sorted(members))}" for name, members in parts),
    ]
    return "\n".join(lines) + "\n"


def _title(name: str) -> str:
    return "locked test set" if name == TEST else f"fold {name}"


def _proof_row(name: str, manifest: Manifest, patients: set[str]) -> str:
    held_ml = np.array([scan.volume_ml for scan in manifest.of(patients)])
    all_ml = np.array([scan.volume_ml for scan in manifest])
    spread = f"{held_ml.std(ddof=1):.1f}" if len(held_ml) > 1 else "-"
    return (
        f"| {name} | {len(patients)} | {len(held_ml)} | {held_ml.mean():.1f} "
        f"| {held_ml.mean() / all_ml.mean() - 1:+.1%} | {spread} "
        f"| {held_ml.min():.1f} | {np.median(held_ml):.1f} | {held_ml.max():.1f} |"
    )


def _counted(manifest: Manifest, parts: list[tuple[str, set[str]]]) -> tuple[int, int]:
    """Patients and scans over all parts, counted instead of trusting the code that made them."""
    stands = Counter(patient for _, members in parts for patient in members)
    wrong = [patient for patient in manifest.patients if stands[patient] != 1]
    if wrong:
        raise FoldError(
            f"patient {wrong[0]!r} is held out {stands[wrong[0]]} times, expected once. "
            "Make the folds again with `volest split`."
        )
    scans = [scan.scan_id for _, members in parts for scan in manifest.of(members)]
    if sorted(scans) != sorted(scan.scan_id for scan in manifest):
        raise FoldError(f"the folds hold {len(scans)} scans, the manifest {len(manifest)}. Make the folds again.")
    return len(stands), len(scans)


def _test_patients(volumes_ml: dict[str, list[float]], config: SplitConfig, rng: np.random.Generator) -> set[str]:
    if config.test_fraction == 0 or len(volumes_ml) < 2:
        return set()
    locked = max(1, round(config.test_fraction * len(volumes_ml)))
    share = locked / len(volumes_ml)
    totals = PatientTotals.of(list(volumes_ml.values()))
    parts = balanced_partition(totals, np.array([1 - share, share]), rng, keep_patient_counts=True)
    return {patient for patient, part in zip(volumes_ml, parts, strict=True) if part == 1}


def _require_enough(patients: int, left: int, count: int, config: SplitConfig) -> None:
    if left >= max(count, 2):
        return
    locked = f" ({patients - left} more are locked in the test set)" if left < patients else ""
    if left < 2:
        raise FoldError(
            f"folds need at least 2 patients, got {left}{locked}. Scans of one patient cannot tell how a network does "
            "on another: add patients, or check the column patient_id."
        )
    raise FoldError(
        f"{count} folds need at least {count} patients, got {left}{locked}. Set `split.folds` to {left} or less"
        f"{', or lower `split.test_fraction`' if config.test_fraction else ''}, and check the column patient_id."
    )
