"""Predicted against reference, the limits of agreement, and calibration."""

from collections.abc import Sequence

from volest.records.evaluation import Figure, Summary
from volest.report.figure_text import value, with_interval
from volest.report.judged_scan import JudgedScan
from volest.report.plots.plot import Axis, Label, Line, Mark, Plot, Points, Strip

SIDE = 430
"""Pixels of a square figure."""


def scatter_plot(scans: Sequence[JudgedScan], summary: Summary | None) -> Plot:
    """Predicted against reference volume, every scan held out once."""
    low, high = _common(scans)
    told = (
        f" R² {value(summary.r2, 2)}, concordance {value(summary.ccc, 2)}, mean absolute error "
        f"{with_interval(summary.mae_ml, 1, ' mL')}."
        if summary
        else ""
    )
    return Plot(
        name="predicted_against_reference",
        title="Predicted against reference",
        message=f"{len(scans)} held-out scans; on the line, prediction and reference agree.{told}",
        x=Axis("reference (mL)", low, high),
        y=Axis("predicted, held out (mL)", low, high),
        marks=(
            Line((low, high), (low, high), "identity"),
            Points([s.reference_ml for s in scans], [s.predicted_ml for s in scans], "scan", range(len(scans))),
        ),
        keys=(("identity", "agreement"),),
        width=SIDE,
        height=SIDE - 14,
        square=True,
    )


def bland_altman_plot(scans: Sequence[JudgedScan], summary: Summary | None) -> Plot:
    """Difference against mean, with bias, limits and their intervals (Bland & Altman 1986, 2007)."""
    means = [(s.predicted_ml + s.reference_ml) / 2 for s in scans]
    differences = [s.error_ml for s in scans]
    limits = summary.limits_ml if summary else None
    bounds = [limits.bias, limits.lower, limits.upper] if limits else []
    edges = [edge for bound in bounds for edge in (bound.low, bound.value, bound.high) if edge is not None]
    x = Axis.over("mean of predicted and reference (mL)", means)
    told = (
        f"Predictions minus references: bias {with_interval(limits.bias, 1, ' mL')}; 95% of the differences lie "
        f"between {with_interval(limits.lower, 1, ' mL')} and {with_interval(limits.upper, 1, ' mL')}."
        if limits and limits.lower.value is not None
        else f"Predictions minus references of {len(scans)} scans; limits of agreement need two patients."
    )
    return Plot(
        name="bland_altman",
        title="Limits of agreement (Bland–Altman)",
        message=told,
        x=x,
        y=Axis.over("predicted − reference (mL)", [*differences, *edges, 0.0]),
        marks=(
            *(mark for bound, named in zip(bounds, _BOUNDS, strict=False) for mark in _bound(bound, *named, x)),
            Line((x.low, x.high), (0, 0), "zero"),
            Points(means, differences, "scan", range(len(scans))),
        ),
        keys=(("bias", "bias"), ("limit", "95% limits, shaded: their intervals")),
        width=SIDE,
        height=SIDE - 14,
    )


def calibration_plot(scans: Sequence[JudgedScan], summary: Summary | None) -> Plot:
    """Reference against prediction with its regression: what a prediction means on average."""
    low, high = _common(scans)
    slope, intercept = (summary.calibration_slope, summary.calibration_intercept_ml) if summary else (_NONE, _NONE)
    marks: list[Mark] = [Line((low, high), (low, high), "identity")]
    told = "No line could be fitted."
    if slope.value is not None and intercept.value is not None:
        ends = (min(s.predicted_ml for s in scans), max(s.predicted_ml for s in scans))
        marks.append(Line(ends, [intercept.value + slope.value * end for end in ends], "fit"))
        told = (
            f"The regression of reference on prediction has slope {with_interval(slope, 2)} and intercept "
            f"{with_interval(intercept, 1, ' mL')}; a calibrated model has 1 and 0. {_meaning(slope)}"
        )
    marks.append(Points([s.predicted_ml for s in scans], [s.reference_ml for s in scans], "scan", range(len(scans))))
    return Plot(
        name="calibration",
        title="Calibration",
        message=told,
        x=Axis("predicted, held out (mL)", low, high),
        y=Axis("reference (mL)", low, high),
        marks=tuple(marks),
        keys=(("fit", "regression"), ("identity", "perfect calibration")),
        width=SIDE,
        height=SIDE - 14,
        square=True,
    )


_NONE = Figure(None, None, None)
_BOUNDS = (("bias", "bias"), ("limit", "lower"), ("limit", "upper"))
"""Look and name of bias and limits."""


def _meaning(slope: Figure) -> str:
    if slope.low is None or slope.high is None:
        return ""
    if slope.low > 1:
        return "Predictions are too timid: large volumes are larger than predicted, small ones smaller."
    if slope.high < 1:
        return "Predictions are too bold: they lie farther from the mean than the references."
    return "The slope is not shown to differ from 1."


def _common(scans: Sequence[JudgedScan]) -> tuple[float, float]:
    """One range for both axes."""
    axis = Axis.over("", [value for s in scans for value in (s.reference_ml, s.predicted_ml)], from_zero=True)
    return axis.low, axis.high


def _bound(bound: Figure, look: str, name: str, x: Axis) -> list[Mark]:
    if bound.value is None:
        return []
    marks: list[Mark] = [Line((x.low, x.high), (bound.value, bound.value), look)]
    marks.append(Label(x.high, bound.value, f"{name} {value(bound, 1)}", "end"))
    if bound.low is not None and bound.high is not None:
        marks.insert(0, Strip(bound.low, bound.high, look))
    return marks
