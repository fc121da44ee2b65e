"""From a table of earlier volumes to what a run makes of them."""

from collections.abc import Sequence
from pathlib import Path

from volest.errors import RunError, ScanError
from volest.evaluation.conformal.estimates import Intervals, unsupported
from volest.images.formats import scan_sha256
from volest.inference.follow_ups import FollowUps
from volest.progress import Progress, watch
from volest.records.earlier_scans import read_earlier_scans
from volest.records.folds import read_folds
from volest.records.follow_up import FollowUp, read_follow_up
from volest.records.manifest import read_manifest
from volest.records.predictions import Prediction, read_predictions
from volest.records.run import RunDirectory
from volest.wording import counted, first_of, scans_of_patients

NO_NEARER = " So changes as small as those of this study cannot be told: nothing is nearer than repeating it."
"""Behind what an earlier volume is worth, where the networks add nothing to it."""

MOST_NAMED = 3
"""Rows of a table that a remark names."""


def follow_ups_of(
    run: RunDirectory, table: Path, scans: Sequence[Path], intervals: Intervals, is_asked: bool, progress: Progress
) -> FollowUps:
    """What a run makes of the earlier volumes of a table.

    Args:
        run: with `follow_up.json`.
        table: of earlier scans.
        scans: that are to be estimated.
        intervals: of scans of which nothing is known.
        is_asked: whether their level was asked for, so that it must be had, or is the run's own.
        progress: told while files of earlier scans are held against the run's own.

    Raises:
        RunError: the run knows nothing of follow-ups, or not enough for the level, the table cannot be used, or none of
            the scans stands in it, or an earlier scan does not exist.
    """
    if not run.follow_up.exists():
        raise RunError(
            f"--earlier: {run.path} does not know how volumes change from scan to scan ({run.follow_up.name}). "
            "`volest cv` with its configuration learns it, where at least five patients beside those of each fold have "
            "several scans, of different days if the manifest has days; no fold is trained a second time."
        )
    record, known = read_follow_up(run.follow_up), read_earlier_scans(table)
    asked = {path.resolve() for path in scans}
    earlier = {path: scan for path, scan in known.items() if path in asked}
    strange = [str(path) for path in known if path not in asked]
    if not earlier:
        named = f"it names {strange[0]}, for one" if strange else "it has no row with a volume"
        raise RunError(
            f"{table}: none of the scans to be estimated has an earlier volume here; {named}. Relative paths are taken "
            "from the folder of the table."
        )
    files = [scan.path for scan in earlier.values() if scan.path is not None]
    lost = [str(file) for file in files if not file.exists()]
    if lost:
        raise RunError(f"{table}: earlier_path {lost[0]} does not exist. Leave the cell empty if the file is lost.")
    bounds = _bounds(record, intervals.level)
    if bounds and is_asked:
        raise RunError(f"--level {intervals.level:g}: {bounds}")
    folds = tuple(run.finished_folds())
    remarks = _worth(record), _known(len(earlier), len(asked), table, strange), bounds
    later = [(path.resolve(), path) for path in scans if path.resolve() in earlier]
    own = _own(run, [*later, *((file, file) for file in files)], folds, progress)
    return FollowUps(record, earlier, own, folds, intervals.level, tuple(filter(None, remarks)))


def _own(
    run: RunDirectory, files: Sequence[tuple[Path, Path]], folds: Sequence[int], progress: Progress
) -> dict[Path, Prediction | None]:
    """The run's own scans among files, each by the path it shall be known by and the one to read it by.

    None is of the locked test set, which no network has seen.
    """
    if not run.manifest.exists():
        return {}
    locked = set(read_folds(run.folds).test) if run.folds.exists() else set()
    manifest = [scan for scan in read_manifest(run.manifest) if scan.patient_id not in locked]
    own = {scan.sha256: scan.scan_id for scan in manifest if scan.sha256}
    said = {p.scan_id: p for fold in folds for p in read_predictions(run.fold(fold).predictions)}
    found = {}
    for name, file in watch(files, "looking for the run's own scans", progress):
        scan_id = own.get(_sha256(file) or "")
        if scan_id is not None:
            found[name] = said.get(scan_id)
    return found


def _sha256(file: Path) -> str | None:
    """None where it cannot be read, which its own row will tell."""
    try:
        return scan_sha256(file)
    except (ScanError, OSError):
        return None


def _worth(record: FollowUp) -> str:
    followed = scans_of_patients(len(record.calibration.patients), record.calibration.n_patients)
    return (
        f"Earlier volumes: told of them, the networks were {record.mae_ml:.1f} mL off on {followed} that they had not "
        f"seen, and {record.alone_mae_ml:.1f} mL without; the earlier volume itself, with the average growth, is "
        f"{record.previous_mae_ml:.1f} mL off." + ("" if record.mae_ml < record.previous_mae_ml else NO_NEARER)
    )


def _known(known: int, asked: int, table: Path, strange: Sequence[str]) -> str:
    """Nothing where every scan has its row, and every row its scan."""
    if known == asked and not strange:
        return ""
    rows = f"; other scans stand in it: {first_of(strange, MOST_NAMED)}" if strange else ""
    return f"{table} has an earlier volume of {known} of {counted(asked, 'scan')}{rows}."


def _bounds(record: FollowUp, level: float | None) -> str:
    absence = unsupported(record.calibration, level) if level else ""
    return f"No intervals of scans that have an earlier volume: {absence}" if absence else ""
