"""New scans of patients whose volume was measured before: estimates told of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from volest.errors import RunError, ScanError
from volest.evaluation.conformal.interval import interval_of
from volest.evaluation.conformal.supported_level import refusal
from volest.evaluation.follow_up import FEWEST_PATIENTS, followed_ml
from volest.images.formats import scan_sha256
from volest.records.earlier_scans import EarlierScan, read_earlier_scans
from volest.records.estimates import Estimate, EstimateRow, Interval
from volest.records.follow_up import FollowUp, read_follow_up
from volest.records.manifest import read_manifest
from volest.records.predictions import Prediction, read_predictions
from volest.records.run import RunDirectory
from volest.wording import scans_of_patients

NOT_USED = "its earlier volume was not used, as this scan is itself in doubt"


@dataclass(frozen=True)
class FollowUps:
    """What a run makes of earlier volumes.

    Attributes:
        record: of the run.
        earlier: by the resolved path of the later scan.
        held_out: earlier scans that are the run's own, by their path: what the fold said that never saw the patient.
        folds: finished, in the order in which estimates name them.
        level: of the intervals.
    """

    record: FollowUp
    earlier: Mapping[Path, EarlierScan]
    held_out: Mapping[Path, Prediction]
    folds: tuple[int, ...]
    level: float

    @property
    def to_see(self) -> list[Path]:
        """Earlier scans that the networks must be asked about, each once."""
        files = (scan.path for scan in self.earlier.values() if scan.path is not None)
        return list(dict.fromkeys(path for path in files if path not in self.held_out))

    @property
    def remarks(self) -> tuple[str, ...]:
        """What an earlier volume was worth on held-out patients; and why, if so, follow-ups have no interval."""
        record, calibration = self.record, self.record.calibration
        followed = scans_of_patients(len(calibration.patients), calibration.n_patients)
        worth = (
            f"Earlier volumes: told of them, the networks were {record.mae_ml:.1f} mL off on {followed} that they had "
            f"not seen, and {record.alone_mae_ml:.1f} mL without; the earlier volume itself, with the average growth, "
            f"is {record.previous_mae_ml:.1f} mL off."
        )
        absence = refusal(self.level, calibration.n_patients)
        return (worth, f"No intervals of scans that have an earlier volume: {absence}") if absence else (worth,)

    def beside(self, row: EstimateRow, seen: Mapping[Path, EstimateRow]) -> EstimateRow:
        """The row, told of the earlier volume; as it was where there is none.

        Args:
            row: of the later scan.
            seen: rows of `to_see`, by path.
        """
        earlier = self.earlier.get(Path(row.path).resolve())
        if earlier is None or row.estimate is None:
            return row
        said = row.estimate
        if said.unlike or said.is_cut:
            return replace(row, estimate=_flagged(said, NOT_USED))
        return replace(row, estimate=self._told(said, earlier, seen))

    def _told(self, said: Estimate, earlier: EarlierScan, seen: Mapping[Path, EstimateRow]) -> Estimate:
        own = self.held_out.get(earlier.path) if earlier.path else None
        if own is not None and own.fold is not None:  # all folds but this one have learnt the patient
            return self._followed(said, said.folds_ml[self.folds.index(own.fold)], earlier, own.predicted_ml)
        before = seen.get(earlier.path) if earlier.path else None
        usable = before.estimate if before else None
        if before and (usable is None or usable.unlike or usable.is_cut):
            why = before.refusal or "it is cut off, or unlike the training scans"
            said, usable = _flagged(said, f"of its earlier scan only the volume was used: {why}"), None
        return self._followed(said, said.volume_ml, earlier, usable.volume_ml if usable else None)

    def _followed(
        self, said: Estimate, alone_ml: float, earlier: EarlierScan, earlier_said_ml: float | None
    ) -> Estimate:
        told_ml = followed_ml(self.record.model, alone_ml, earlier.volume_ml, earlier_said_ml)
        if told_ml is None:
            return _flagged(said, _implausible(alone_ml, earlier.volume_ml, earlier_said_ml))
        return replace(said, volume_ml=told_ml, alone_ml=alone_ml, interval=self._interval(told_ml))

    def _interval(self, told_ml: float) -> Interval | None:
        calibration = self.record.calibration
        if refusal(self.level, calibration.n_patients):
            return None
        return interval_of(calibration, told_ml, dict.fromkeys(calibration.folds, told_ml), self.level)


def follow_ups_of(run: RunDirectory, table: Path, scans: Iterable[Path], level: float | None) -> FollowUps:
    """What a run makes of the earlier volumes of a table.

    Args:
        run: with `follow_up.json`.
        table: of earlier scans.
        scans: that are to be estimated.
        level: of the intervals; None takes the run's own.

    Raises:
        RunError: the run knows nothing of follow-ups, the table cannot be used, or none of the scans stands in it.
        ScanError: an earlier scan cannot be read.
    """
    if not run.follow_up.exists():
        raise RunError(
            f"--earlier: {run.path} does not know how volumes change from scan to scan ({run.follow_up.name}). "
            f"`volest cv` with its configuration learns it from held-out patients with several scans, of whom it takes "
            f"{FEWEST_PATIENTS} beside those of each fold; no fold is trained a second time."
        )
    record = read_follow_up(run.follow_up)
    known, asked = read_earlier_scans(table), {path.resolve() for path in scans}
    earlier = {path: scan for path, scan in known.items() if path in asked}
    if not earlier:
        example = next(iter(known), None)
        named = f"it names {example}, for one" if example else "it has no row with a volume"
        raise RunError(f"{table}: none of the scans to be estimated has an earlier volume here; {named}.")
    files = [scan.path for scan in earlier.values() if scan.path is not None]
    folds = tuple(run.finished_folds())
    return FollowUps(
        record, earlier, _held_out(run, files, folds), folds, record.calibration.level if level is None else level
    )


def _held_out(run: RunDirectory, files: Sequence[Path], folds: Sequence[int]) -> dict[Path, Prediction]:
    """The run's own scans among files, wherever these lie now."""
    if not run.manifest.exists() or not run.predictions.exists():
        return {}
    said = {p.scan_id: p for p in read_predictions(run.predictions) if p.fold in folds}
    own = {scan.sha256: said[scan.scan_id] for scan in read_manifest(run.manifest) if scan.scan_id in said}
    names = {file: _sha256(file) for file in files}
    return {file: own[name] for file, name in names.items() if name is not None and name in own}


def _sha256(file: Path) -> str | None:
    """None where it cannot be read, which its own row will tell."""
    try:
        return scan_sha256(file)
    except (ScanError, OSError):
        return None


def _flagged(said: Estimate, flag: str) -> Estimate:
    return replace(said, flags=(*said.flags, flag))


def _implausible(alone_ml: float, earlier_ml: float, earlier_said_ml: float | None) -> str:
    of_earlier = "" if earlier_said_ml is None else f" and {earlier_said_ml:.1f} mL of the patient's earlier one"
    return (
        f"an earlier volume of {earlier_ml:.1f} mL was not used: the networks say {alone_ml:.1f} mL of this scan"
        f"{of_earlier}. Another patient, another unit?"
    )
