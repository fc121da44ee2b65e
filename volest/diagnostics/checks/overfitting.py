"""VOL101: held-out error far above training error, both in eval mode, of the run and of each fold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.interval import Interval, patient_interval
from volest.diagnostics.remedies import regularise
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import Fault, Verdict
from volest.diagnostics.wording import listed, number, of_folds
from volest.records.findings import Severity

FAULT = Fault("VOL101", "overfitting: held-out error far above training error", (Severity.ERROR, Severity.WARNING))


@dataclass(frozen=True)
class _Gap:
    """MAE at the end of the training, in mL, on training and on held-out scans."""

    train_ml: float
    held_out_ml: float
    interval: Interval | None = None
    over: str = ""

    @property
    def ratio(self) -> float:
        return self.held_out_ml / self.train_ml


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """The run, then all folds that overfit for themselves."""
    gaps = _gaps(run)
    if not gaps:
        yield FAULT.not_applicable("no history.csv has a last epoch with both errors")
        return
    together = _together(run, gaps, thresholds, rng)
    yield _of_the_run(together, run, thresholds)
    folds = {fold: _with_interval(gap, run, fold, thresholds, rng) for fold, gap in gaps.items()}
    over = {k: gap for k, gap in folds.items() if gap.interval and gap.interval.low > thresholds.overfit_ratio}
    if over and len(gaps) > 1:
        yield _of_folds(over, run)


def _gaps(run: RunRecords) -> dict[int, _Gap]:
    """Of the last epoch: the weights that the fold keeps."""
    ends = {fold: history.iloc[-1] for fold, history in run.histories.items()}
    gaps = {fold: _Gap(float(end["train_mae_ml"]), float(end["val_mae_ml"])) for fold, end in ends.items()}
    sound = {fold for fold, gap in gaps.items() if gap.train_ml > 0 and np.isfinite(gap.ratio)}
    return {fold: gap for fold, gap in gaps.items() if fold in sound}


def _with_interval(
    gap: _Gap, run: RunRecords, fold: int | None, thresholds: DiagnosisConfig, rng: np.random.Generator
) -> _Gap:
    """With the uncertainty that comes from who is held out; training errors are not recorded scan by scan."""
    held_out = run.held_out if fold is None else run.of_fold(fold)
    error_ml = held_out["error_ml"].abs().to_numpy()
    if not len(error_ml) or error_ml.mean() == 0:
        return gap
    # Relative to the mean, as predictions may average views of a scan and the curves do not.
    interval = patient_interval(held_out, lambda draws: draws.average(error_ml / error_ml.mean()), thresholds, rng)
    if interval is None:
        return gap
    over = f"over {held_out['patient_id'].nunique()} patients"
    return _Gap(gap.train_ml, gap.held_out_ml, interval.times(gap.ratio), over)


def _together(run: RunRecords, gaps: Mapping[int, _Gap], thresholds: DiagnosisConfig, rng: np.random.Generator) -> _Gap:
    mean = _Gap(
        float(np.mean([gap.train_ml for gap in gaps.values()])),
        float(np.mean([gap.held_out_ml for gap in gaps.values()])),
    )
    mean = _with_interval(mean, run, None, thresholds, rng)
    if mean.interval is None and len(gaps) > 2:
        logs = np.log([gap.ratio for gap in gaps.values()])
        half = float(stats.t.ppf((1 + thresholds.confidence) / 2, len(logs) - 1) * logs.std(ddof=1) / len(logs) ** 0.5)
        interval = Interval(*np.exp([logs.mean() - half, logs.mean() + half]).tolist())
        return _Gap(mean.train_ml, mean.held_out_ml, interval, f"over {len(logs)} folds")
    return mean


def _of_the_run(gap: _Gap, run: RunRecords, thresholds: DiagnosisConfig) -> Verdict:
    sentence = (
        f"held-out scans are {number(gap.held_out_ml)} mL off on average and training scans {number(gap.train_ml)} mL, "
        f"{number(gap.ratio)} times as much"
    )
    if gap.interval is None:
        return FAULT.not_applicable(f"{sentence}; too few patients and folds to say how sure that is")
    views = run.config.training.views if run.config else 1
    once = f"; one view of each scan, where a prediction is the mean of {views}" if views > 1 else ""
    sentence += f" ({thresholds.confidence:.0%} interval {gap.interval}, {gap.over}{once})"
    if gap.interval.low <= thresholds.overfit_ratio:
        return FAULT.passed(sentence)
    error = gap.interval.low > thresholds.overfit_error_ratio
    return FAULT.found(
        Severity.ERROR if error else Severity.WARNING,
        f"At the end of training {sentence}. The networks have learnt their training scans better than the anatomy.",
        regularise(run.config),
        {
            "held_out_mae_ml": gap.held_out_ml,
            "train_mae_ml": gap.train_ml,
            "ratio": gap.ratio,
            "ratio_low": gap.interval.low,
            "ratio_high": gap.interval.high,
        },
    )


def _of_folds(gaps: Mapping[int, _Gap], run: RunRecords) -> Verdict:
    ratios = listed(number(gap.ratio) for gap in gaps.values())
    each = "itself" if len(gaps) == 1 else "themselves"
    return FAULT.found(
        Severity.WARNING,
        f"Overfitting shows in {of_folds(gaps)} by {each}: the held-out error is {ratios} times the training error.",
        regularise(run.config),
        {f"fold_{fold}_ratio": gap.ratio for fold, gap in gaps.items()},
    )
