"""`evaluation.json`: agreement of predictions with references as journals ask for it, each figure with its interval."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from volest.records import atomic
from volest.records.damage import read_json


@dataclass(frozen=True)
class Figure:
    """A number and its interval; None where the data do not define it."""

    value: float | None
    low: float | None
    high: float | None

    @staticmethod
    def of(value: float, low: float = math.nan, high: float = math.nan) -> "Figure":
        """From floats, of which those that are not finite become None."""
        return Figure(*(float(number) if math.isfinite(number) else None for number in (value, low, high)))


@dataclass(frozen=True)
class LimitsOfAgreement:
    """Bias and the limits that hold 95% of the differences between prediction and reference.

    Attributes:
        bias: mean of predicted minus reference.
        sd: of the differences of single scans, between patients and within them together.
        sd_between: of the patients' own biases; None without two patients.
        sd_within: of the differences of one patient; None where no patient has two scans.
    """

    bias: Figure
    lower: Figure
    upper: Figure
    sd: float | None
    sd_between: float | None
    sd_within: float | None


@dataclass(frozen=True)
class Summary:
    """Agreement over scans; intervals over patients.

    Attributes:
        within_10_percent: per cent of the scans whose error is at most 10% of the reference.
        limits_percent: of the differences in per cent of the reference.
        repeatability_ml: within it lie 95% of the differences between two predictions of one patient, true change
            aside.
        calibration_slope: of the regression of reference on prediction.
        spread_ratio: SD of predictions over SD of references.
    """

    n_scans: int
    n_patients: int
    mae_ml: Figure
    rmse_ml: Figure
    mape_percent: Figure
    median_absolute_percentage_error: Figure
    within_10_percent: Figure
    within_20_percent: Figure
    limits_ml: LimitsOfAgreement
    limits_percent: LimitsOfAgreement
    repeatability_ml: Figure
    repeatability_percent: Figure
    r2: Figure
    pearson_r: Figure
    spearman_rho: Figure
    ccc: Figure
    icc_1_1: Figure
    icc_2_1: Figure
    icc_3_1: Figure
    calibration_slope: Figure
    calibration_intercept_ml: Figure
    spread_ratio: Figure


@dataclass(frozen=True)
class Band:
    """Agreement over a part of the scans.

    Attributes:
        label: the range or the value that its scans share.
    """

    label: str
    n_scans: int
    n_patients: int
    mae_ml: Figure
    mape_percent: Figure
    bias_ml: Figure
    within_10_percent: Figure
    within_20_percent: Figure


@dataclass(frozen=True)
class Coverage:
    """What intervals of single scans held over a part of the scans.

    Attributes:
        label: the range or the value that its scans share.
        held_percent: of the references that lie in their intervals.
        expected_percent: where 95% of such parts would come out if the intervals held as often as they say; its value
            is their level.
        width_ml: mean of the intervals.
    """

    label: str
    n_scans: int
    n_patients: int
    held_percent: Figure
    expected_percent: Figure
    width_ml: Figure


@dataclass(frozen=True)
class IntervalFigures:
    """What the intervals of a run's predictions are worth.

    Attributes:
        level: share of new patients that they are to hold.
        missed: patients none of whose scans they held.
        bands: by what the scans were divided by.
    """

    level: float
    overall: Coverage
    missed: tuple[str, ...]
    bands: Mapping[str, tuple[Coverage, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """This run against another on the scans that both have predicted.

    Attributes:
        against: the other's name.
        mae_difference_ml: this one's MAE minus the other's; negative where this one is better.
        p: Wilcoxon's signed-rank test of the patients' mean absolute errors; None with fewer than two patients.
        p_holm: the same, corrected for the number of comparisons.
    """

    against: str
    n_scans: int
    n_patients: int
    mae_ml: Figure
    against_mae_ml: Figure
    mae_difference_ml: Figure
    p: float | None
    p_holm: float | None


@dataclass(frozen=True)
class Evaluation:
    """All of it.

    Attributes:
        source: the run or the file that was judged.
        level: of the intervals.
        draws: of patients, that intervals were taken from.
        remarks: what a reader must know before the figures, in sentences.
        bands: by what the scans were divided by.
        comparisons: with other runs or readers.
        baselines: the same with what knows less; each finding of skill stands or falls here.
        intervals: None where the predictions have none; those of follow-ups stand among its bands.
        follow_ups: scans that follow another of the patient, told the volume of that one: here against the networks
            alone, and against the earlier volume alone.
    """

    source: str
    level: float
    draws: int
    remarks: tuple[str, ...]
    overall: Summary
    bands: Mapping[str, tuple[Band, ...]] = field(default_factory=dict)
    comparisons: tuple[Comparison, ...] = ()
    baselines: tuple[Comparison, ...] = ()
    intervals: IntervalFigures | None = None
    follow_ups: tuple[Comparison, ...] = ()


_EVALUATION = TypeAdapter(Evaluation)


def write_evaluation(evaluation: Evaluation, path: Path) -> None:
    """Write the file in one step."""
    atomic.write_text(path, json.dumps(asdict(evaluation), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_evaluation(path: Path) -> Evaluation:
    """Read it again.

    Raises:
        RunError: no such file, or its content is not that of an evaluation.
    """
    return read_json(path, _EVALUATION.validate_json, ". Make it with `volest evaluate`.")
