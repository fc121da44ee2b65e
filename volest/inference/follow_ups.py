"""New scans of patients whose volume was measured before: estimates told of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from volest.errors import RunError, ScanError
from volest.evaluation.conformal.estimates import Intervals, unsupported
from volest.evaluation.conformal.interval import interval_of
from volest.evaluation.follow_up import followed_ml, is_usable
from volest.images.formats import scan_sha256
from volest.progress import Progress, watch
from volest.records.earlier_scans import EarlierScan, read_earlier_scans
from volest.records.estimates import Estimate, EstimateRow, Interval
from volest.records.follow_up import FollowUp, read_follow_up
from volest.records.manifest import read_manifest
from volest.records.predictions import Prediction, read_predictions
from volest.records.run import RunDirectory
from volest.wording import counted, scans_of_patients

IN_DOUBT = "the earlier volume was not used, as this scan is itself in doubt"

LEARNT = (
    "the earlier volume was not used: the run has learnt this patient, and the fold that never saw them is not there"
)

MOST_NAMED = 3
"""Rows of a table that a remark names."""


@dataclass(frozen=True)
class FollowUps:
    """What a run makes of earlier volumes.

    Attributes:
        record: of the run.
        earlier: by the resolved path of the later scan.
        own: earlier scans that are the run's own, by their path: what the fold said that never saw the patient; None
            where that fold is not there.
        folds: finished, in the order in which estimates name them.
        level: of the intervals; None where the run gives none.
        remarks: what an earlier volume is worth, and what the table lacks, in sentences.
        seen: what the networks say of earlier scans, by their path.
    """

    record: FollowUp
    earlier: Mapping[Path, EarlierScan]
    own: Mapping[Path, Prediction | None]
    folds: tuple[int, ...]
    level: float | None
    remarks: tuple[str, ...] = ()
    seen: Mapping[Path, EstimateRow] = field(default_factory=dict)

    def to_see(self, asked: Iterable[Path]) -> list[Path]:
        """Earlier scans that the networks must be asked about, besides those that are asked for anyway."""
        names = {path.resolve() for path in asked}
        return list(dict.fromkeys(path for path in self._strange() if path.resolve() not in names))

    def having_seen(self, rows: Iterable[tuple[Path, EstimateRow]]) -> "FollowUps":
        """The same, with what the networks say of the earlier scans among these."""
        wanted: dict[Path, list[Path]] = {}
        for path in self._strange():
            wanted.setdefault(path.resolve(), []).append(path)
        return replace(self, seen={name: row for path, row in rows for name in wanted.get(path.resolve(), ())})

    def beside(self, row: EstimateRow) -> EstimateRow:
        """The row, told of the earlier volume; as it was where there is none."""
        earlier = self.earlier.get(Path(row.path).resolve())
        if earlier is None or row.estimate is None:
            return row
        said = row.estimate
        doubtful = said.unlike or said.is_cut
        return replace(row, estimate=_flagged(said, IN_DOUBT) if doubtful else self._told(said, earlier))

    def _strange(self) -> list[Path]:
        """Earlier scans that are none of the run's own."""
        return [scan.path for scan in self.earlier.values() if scan.path is not None and scan.path not in self.own]

    def _told(self, said: Estimate, earlier: EarlierScan) -> Estimate:
        if earlier.path is not None and earlier.path in self.own:
            own = self.own[earlier.path]
            if own is None or own.fold is None:
                return _flagged(said, LEARNT)
            return self._followed(said, said.folds_ml[self.folds.index(own.fold)], earlier, own.predicted_ml)
        before = self.seen.get(earlier.path) if earlier.path else None
        usable = before.estimate if before else None
        if before and (usable is None or usable.unlike or usable.is_cut):
            why = before.refusal or "it is cut off, or unlike the training scans"
            said, usable = _flagged(said, f"of the earlier scan only the volume was used: {why}"), None
        return self._followed(said, said.volume_ml, earlier, usable.volume_ml if usable else None)

    def _followed(
        self, said: Estimate, alone_ml: float, earlier: EarlierScan, earlier_said_ml: float | None
    ) -> Estimate:
        model = self.record.model
        if earlier_said_ml is not None and not is_usable(earlier_said_ml, model.score):
            earlier_said_ml = None
        told_ml = followed_ml(model, alone_ml, earlier.volume_ml, earlier_said_ml)
        if told_ml is None:
            return _flagged(said, _implausible(alone_ml, earlier.volume_ml, earlier_said_ml))
        interval = self._interval(told_ml, is_seen=earlier_said_ml is not None)
        return replace(said, volume_ml=told_ml, alone_ml=alone_ml, interval=interval)

    def _interval(self, told_ml: float, is_seen: bool) -> Interval | None:
        calibration = self.record.calibration if is_seen else self.record.of_volume
        if self.level is None or unsupported(calibration, self.level):
            return None
        return interval_of(calibration, told_ml, dict.fromkeys(calibration.folds, told_ml), self.level)


def follow_ups_of(
    run: RunDirectory, table: Path, scans: Sequence[Path], intervals: Intervals, progress: Progress
) -> FollowUps:
    """What a run makes of the earlier volumes of a table.

    Args:
        run: with `follow_up.json`.
        table: of earlier scans.
        scans: that are to be estimated.
        intervals: of scans of which nothing is known.
        progress: told while files of earlier scans are held against the run's own.

    Raises:
        RunError: the run knows nothing of follow-ups, the table cannot be used, or none of the scans stands in it, or
            an earlier scan does not exist.
    """
    if not run.follow_up.exists():
        raise RunError(
            f"--earlier: {run.path} does not know how volumes change from scan to scan ({run.follow_up.name}). "
            "`volest cv` with its configuration learns it, where at least five patients beside those of each fold have "
            "several scans; no fold is trained a second time."
        )
    record, known = read_follow_up(run.follow_up), read_earlier_scans(table)
    asked = {path.resolve() for path in scans}
    earlier = {path: scan for path, scan in known.items() if path in asked}
    strange = [str(path) for path in known if path not in asked]
    if not earlier:
        named = f"it names {strange[0]}, for one" if strange else "it has no row with a volume"
        raise RunError(f"{table}: none of the scans to be estimated has an earlier volume here; {named}.")
    files = [scan.path for scan in earlier.values() if scan.path is not None]
    lost = [str(file) for file in files if not file.exists()]
    if lost:
        raise RunError(f"{table}: earlier_path {lost[0]} does not exist. Leave the cell empty if the file is lost.")
    folds = tuple(run.finished_folds())
    remarks = _worth(record), _known(len(earlier), len(asked), table, strange), _bounds(record, intervals.level)
    return FollowUps(
        record, earlier, _own(run, files, folds, progress), folds, intervals.level, tuple(filter(None, remarks))
    )


def _own(
    run: RunDirectory, files: Sequence[Path], folds: Sequence[int], progress: Progress
) -> dict[Path, Prediction | None]:
    """The run's own scans among files, wherever these lie now; none of the locked test set, which no network saw."""
    if not run.manifest.exists():
        return {}
    own = {scan.sha256: scan.scan_id for scan in read_manifest(run.manifest) if scan.sha256}
    said = {p.scan_id: p for fold in folds for p in read_predictions(run.fold(fold).predictions)}
    locked = {p.scan_id for p in read_predictions(run.test_predictions)} if run.test_predictions.exists() else set()
    found = {}
    for file in watch(files, "looking for the run's own scans", progress):
        scan_id = own.get(_sha256(file) or "")
        if scan_id is not None and scan_id not in locked:
            found[file] = said.get(scan_id)
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
        f"{record.previous_mae_ml:.1f} mL off."
    )


def _known(known: int, asked: int, table: Path, strange: Sequence[str]) -> str:
    """Nothing where every scan has its row, and every row its scan."""
    if known == asked and not strange:
        return ""
    named = ", ".join(strange[:MOST_NAMED]) + (" and more" if len(strange) > MOST_NAMED else "")
    rows = f"; other scans stand in it: {named}" if strange else ""
    return f"{table} has an earlier volume of {known} of {counted(asked, 'scan')}{rows}."


def _bounds(record: FollowUp, level: float | None) -> str:
    absence = unsupported(record.calibration, level) if level else ""
    return f"No intervals of scans that have an earlier volume: {absence}" if absence else ""


def _flagged(said: Estimate, flag: str) -> Estimate:
    return replace(said, flags=(*said.flags, flag))


def _implausible(alone_ml: float, earlier_ml: float, earlier_said_ml: float | None) -> str:
    of_earlier = "" if earlier_said_ml is None else f" and {earlier_said_ml:.1f} mL of the patient's earlier one"
    return (
        f"an earlier volume of {earlier_ml:.1f} mL was not used: the networks say {alone_ml:.1f} mL of this scan"
        f"{of_earlier}. Another patient, another unit?"
    )
