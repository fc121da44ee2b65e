"""Figures of agreement with their intervals, and what each means."""

from collections.abc import Sequence
from dataclasses import dataclass

from volest.records.evaluation import Band, Comparison, Figure, Summary
from volest.report.figure_text import interval, value, with_interval


@dataclass(frozen=True)
class AgreementRow:
    """One figure; `group` names the rows it stands with."""

    group: str
    name: str
    value: str
    interval: str
    meaning: str


def agreement_rows(summary: Summary) -> list[AgreementRow]:
    """All figures in the order in which they matter to a user."""
    return [
        AgreementRow(group, name, value(f, d, u), interval(f, d), meaning)
        for group, name, f, d, u, meaning in _rows(summary)
    ]


def band_rows(bands: Sequence[Band]) -> list[tuple[str, ...]]:
    """A row a band: its name, scans and patients, MAE, MAPE, bias, within 10% and 20%."""
    return [
        (
            band.label,
            f"{band.n_scans} of {band.n_patients}",
            with_interval(band.mae_ml),
            with_interval(band.mape_percent),
            with_interval(band.bias_ml),
            with_interval(band.within_10_percent, 0),
            with_interval(band.within_20_percent, 0),
        )
        for band in bands
    ]


def comparison_rows(comparisons: Sequence[Comparison], names: dict[str, str]) -> list[tuple[str, ...]]:
    """A row a baseline or run: its name, its MAE, that of the networks, the difference, p, scans and patients."""
    return [
        (
            names.get(row.against, row.against),
            with_interval(row.against_mae_ml),
            value(row.mae_ml),
            with_interval(row.mae_difference_ml),
            _p(row.p_holm),
            f"{row.n_scans} of {row.n_patients}",
        )
        for row in comparisons
    ]


def _p(p: float | None) -> str:
    if p is None:
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


_Row = tuple[str, str, Figure, int, str, str]


def _rows(s: Summary) -> list[_Row]:
    error, limits, relation, bend = (
        "How large are errors?",
        "Within which limits?",
        "How well do both agree?",
        "Is it calibrated?",
    )
    return [
        (error, "Mean absolute error", s.mae_ml, 1, " mL", "average distance from the reference"),
        (error, "Root mean square error", s.rmse_ml, 1, " mL", "weighs large errors more"),
        (error, "Mean absolute percentage error", s.mape_percent, 1, "%", "weighs small volumes more"),
        (error, "Median absolute percentage error", s.median_absolute_percentage_error, 1, "%", "half do better"),
        (error, "Within 10% of the reference", s.within_10_percent, 0, "%", "share of the scans"),
        (error, "Within 20% of the reference", s.within_20_percent, 0, "%", "share of the scans"),
        (limits, "Bias", s.limits_ml.bias, 1, " mL", "mean of predicted minus reference; 0 is best"),
        (limits, "Lower limit of agreement", s.limits_ml.lower, 1, " mL", "2.5% of the differences lie below"),
        (limits, "Upper limit of agreement", s.limits_ml.upper, 1, " mL", "2.5% of the differences lie above"),
        (limits, "Bias, relative", s.limits_percent.bias, 1, "%", "of the reference"),
        (limits, "Lower limit, relative", s.limits_percent.lower, 1, "%", ""),
        (limits, "Upper limit, relative", s.limits_percent.upper, 1, "%", ""),
        (limits, "Repeatability coefficient", s.repeatability_ml, 1, " mL", "95% of pairs of one patient are closer"),
        (relation, "R²", s.r2, 2, "", "share of the variance that predictions explain; 0 is the mean"),
        (relation, "Concordance (Lin)", s.ccc, 2, "", "correlation with the line of agreement"),
        (relation, "ICC(1,1)", s.icc_1_1, 2, "", "one-way"),
        (relation, "ICC(2,1)", s.icc_2_1, 2, "", "absolute agreement"),
        (relation, "ICC(3,1)", s.icc_3_1, 2, "", "consistency"),
        (relation, "Pearson r", s.pearson_r, 2, "", "blind to bias and scale"),
        (relation, "Spearman ρ", s.spearman_rho, 2, "", "of the ranks"),
        (bend, "Calibration slope", s.calibration_slope, 2, "", "1 is best; above: too timid, below: too bold"),
        (bend, "Calibration intercept", s.calibration_intercept_ml, 1, " mL", "0 is best"),
        (bend, "Spread of predictions to references", s.spread_ratio, 2, "", "ratio of SDs; 0: all predicted alike"),
    ]  # fmt: skip
