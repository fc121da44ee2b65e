"""Intervals beside the volumes of new scans."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from volest.errors import ConfigError, RunError
from volest.evaluation.conformal.axis import doubt_on_axis
from volest.evaluation.conformal.interval import error_bound, interval_of
from volest.evaluation.conformal.supported_level import refusal
from volest.records.estimates import Estimate, EstimateRow, Interval
from volest.records.intervals import Calibration, read_calibration
from volest.records.run import RunDirectory


@dataclass(frozen=True)
class Intervals:
    """What a run can say of the errors of new scans.

    Attributes:
        calibration: None where it can say nothing at the level.
        level: that was asked for, or the run's own.
        folds: finished, in the order in which estimates name them.
        absence: why there are no intervals, in words; empty where there are.
    """

    calibration: Calibration | None
    level: float | None
    folds: tuple[int, ...]
    absence: str = ""

    def of(self, estimate: Estimate) -> Interval | None:
        """Of one scan; None where the run gives none, or the estimate is no usable number."""
        if self.calibration is None or self.level is None:
            return None
        folds_ml = dict(zip(self.folds, estimate.folds_ml, strict=True))
        share = estimate.doubts.get(self.calibration.scaled_by or "")
        doubt = None if share is None else doubt_on_axis(share, estimate.volume_ml, self.calibration.score)
        return interval_of(self.calibration, estimate.volume_ml, folds_ml, self.level, doubt)

    def beside(self, rows: Sequence[EstimateRow]) -> list[EstimateRow]:
        """The same rows with their intervals."""
        return [
            replace(row, estimate=replace(row.estimate, interval=self.of(row.estimate))) if row.estimate else row
            for row in rows
        ]


def intervals_of(run: RunDirectory, level: float | None = None) -> Intervals:
    """What a run can say at `level`; None takes the run's own, and an impossible one is then told, not raised.

    Raises:
        ConfigError: `level` is no share between 0 and 1.
        RunError: the run supports no interval of the level that was asked for, or its calibration is damaged.
    """
    if level is not None and not 0 < level < 1:  # NaN too
        raise ConfigError(f"--level {level:g}: expected a share between 0 and 1, such as 0.9.")
    folds = tuple(run.finished_folds())
    calibration = read_calibration(run.intervals) if run.intervals.exists() else None
    absence = _absence(run, folds, calibration, level)
    if absence and level is not None and folds:  # a run without folds has worse to say
        raise RunError(f"--level {level:g}: {absence}")
    if calibration is None or absence:
        return Intervals(None, None, folds, absence)
    return Intervals(calibration, calibration.level if level is None else level, folds)


def _absence(run: RunDirectory, folds: Sequence[int], calibration: Calibration | None, level: float | None) -> str:
    if calibration is None or set(folds) != set(calibration.folds):
        paths = run.lost(calibration.folds if calibration else ())
        lost = "".join(f", {path.relative_to(run.path)} is lost" for path in paths)
        if calibration is None and run.expects(run.intervals):
            lost += f", {run.intervals.name} is not there"
        return (
            f"{run.path} has no intervals, which rest on the held-out scans of all its folds together; {len(folds)} "
            f"{'is' if len(folds) == 1 else 'are'} finished{lost}. `volest cv` with its configuration trains what is "
            "missing, if anything is, and makes them."
        )
    return unsupported(calibration, calibration.level if level is None else level)


def unsupported(calibration: Calibration, level: float) -> str:
    """Why there are no intervals of such a level, in words; empty where there are."""
    few = refusal(level, calibration.n_patients)
    if few or math.isfinite(error_bound(calibration, level)):
        return few
    failed = sum(math.isinf(deviation) for deviation in calibration.deviations)
    return (
        f"no interval of {100 * level:.6g}% is finite: of {failed} of {len(calibration.deviations)} held-out scans the "
        "networks gave no usable number. See predictions.csv of the run, and what `volest diagnose` says of it."
    )
