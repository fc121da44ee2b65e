"""New scans of patients whose volume was measured before: estimates told of it."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from volest.evaluation.conformal.estimates import unsupported
from volest.evaluation.conformal.interval import interval_of
from volest.evaluation.follow_up import followed, is_usable
from volest.inference.flags import OWN_SCAN
from volest.records.earlier_scans import EarlierScan
from volest.records.estimates import Estimate, EstimateRow, Interval
from volest.records.follow_up import FollowUp
from volest.records.predictions import Prediction

NOT_USED = "the earlier volume was not used"
IN_DOUBT = f"{NOT_USED}: this scan is itself in doubt"
LEARNT = f"{NOT_USED}: the run has learnt this patient, and the fold that never saw them is not there"

UNUSUAL_SD = 2.0
"""From so many standard deviations of surprise on, one asks whether the volume is that of this patient."""

SAME_VOLUME = 0.01
"""Share by which two records of one volume may differ, as tables are rounded."""


@dataclass(frozen=True)
class FollowUps:
    """What a run makes of earlier volumes.

    Attributes:
        record: of the run.
        earlier: by the resolved path of the later scan.
        own: earlier and later files that are the run's own, by their path: what the fold said that never saw the
            patient; None where that fold is not there.
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
        path = Path(row.path).resolve()
        earlier = self.earlier.get(path)
        if earlier is None or row.estimate is None:
            return row
        if row.estimate.unlike or row.estimate.is_cut:
            return replace(row, estimate=row.estimate.flagged(IN_DOUBT))
        return replace(row, estimate=self._told(path, row.estimate, earlier))

    def _strange(self) -> list[Path]:
        """Earlier scans that are none of the run's own."""
        return [scan.path for scan in self.earlier.values() if scan.path is not None and scan.path not in self.own]

    def _told(self, path: Path, said: Estimate, earlier: EarlierScan) -> Estimate:
        """By the fold that never saw the patient, where the run knows the patient by one of both scans."""
        own = [self.own[scan] for scan in (path, earlier.path) if scan is not None and scan in self.own]
        known = [p for p in own if p is not None]
        if len(known) < len(own):
            return said.flagged(LEARNT)
        if len({p.patient_id for p in known}) > 1:
            this, other = (p.patient_id for p in known)
            return said.flagged(f"{NOT_USED}: it is of patient {other}, this scan of {this}")
        fold = known[0].fold if known else None
        earlier_said_ml, flags = self._asked(earlier, fold)
        told = self._followed(said, self._says(said, fold), earlier, earlier_said_ml, flags)
        if fold is None or told.alone_ml is None:
            return told
        honest = f"read by fold {fold} alone, which has never seen this patient"
        return replace(told, flags=(honest, *(flag for flag in told.flags if flag != OWN_SCAN)))

    def _says(self, said: Estimate, fold: int | None) -> float:
        return said.volume_ml if fold is None else said.folds_ml[self.folds.index(fold)]

    def _asked(self, earlier: EarlierScan, fold: int | None) -> tuple[float | None, tuple[str, ...]]:
        """What the networks say of the earlier scan, None where they cannot be asked; and flags."""
        if earlier.path is None:
            return None, ()
        own = self.own.get(earlier.path)
        if own is not None:
            same = math.isclose(own.reference_ml, earlier.volume_ml, rel_tol=SAME_VOLUME)
            other = f"the manifest has {own.reference_ml:g} mL of the earlier scan, not {_told_as(earlier)}"
            return own.predicted_ml, () if same else (other,)
        before = self.seen[earlier.path]
        if before.estimate is None or before.estimate.unlike or before.estimate.is_cut:
            why = before.refusal or "it is cut off, or unlike the training scans"
            return None, (f"of the earlier scan only the volume was used: {why}",)
        return self._says(before.estimate, fold), ()

    def _followed(
        self,
        said: Estimate,
        alone_ml: float,
        earlier: EarlierScan,
        earlier_said_ml: float | None,
        flags: tuple[str, ...],
    ) -> Estimate:
        model = self.record.model
        if earlier_said_ml is not None and not is_usable(earlier_said_ml, model.score):
            earlier_said_ml = None
        contrast = _contrast(alone_ml, earlier, earlier_said_ml)
        told = followed(model, alone_ml, earlier.volume_ml, earlier_said_ml)
        if told is None:
            return said.flagged(f"{NOT_USED}: {contrast}")
        if told.surprise > UNUSUAL_SD:
            flags = (*flags, f"is the earlier volume this patient's? {contrast}")
        return replace(
            said,
            volume_ml=told.volume_ml,
            earlier_ml=earlier.volume_ml,
            alone_ml=alone_ml,
            interval=self._interval(told.volume_ml, is_seen=earlier_said_ml is not None),
            flags=(*said.flags, *flags),
        )

    def _interval(self, told_ml: float, is_seen: bool) -> Interval | None:
        calibration = self.record.calibration if is_seen else self.record.of_volume
        if self.level is None or unsupported(calibration, self.level):
            return None
        return interval_of(calibration, told_ml, dict.fromkeys(calibration.folds, told_ml), self.level)


def _contrast(alone_ml: float, earlier: EarlierScan, earlier_said_ml: float | None) -> str:
    of_earlier = "" if earlier_said_ml is None else f" and {earlier_said_ml:.1f} mL of the earlier one"
    return f"it is {_told_as(earlier)}, and the networks say {alone_ml:.1f} mL of this scan{of_earlier}"


def _told_as(earlier: EarlierScan) -> str:
    return f"{earlier.volume_ml:.10g} mL"
