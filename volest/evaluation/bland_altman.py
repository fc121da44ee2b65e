"""Bias and limits of agreement where patients have several scans and their volume changes between them.

Bland & Altman 2007, Journal of Biopharmaceutical Statistics 17:571, section 3 (the true value varies): the variance of
a single difference is that between patients plus that within them. With one scan a patient this is the plain variance
of Bland & Altman 1986, Lancet i:307. Intervals of the limits: variances recovered from those of bias and SD
(Zou 2013, Statistical Methods in Medical Research 22:630), which keeps their asymmetry.
"""

import math

import numpy as np
from jaxtyping import Int
from scipy import stats

from volest.evaluation.sample import PerScan
from volest.evaluation.variance_components import VarianceComponents, variance_components
from volest.records.evaluation import Figure, LimitsOfAgreement

COVERED = 1.96
"""Standard deviations on either side of the bias that hold 95% of the differences; two digits, as in the papers."""


def limits_of_agreement(
    differences: PerScan, patient_of_scan: Int[np.ndarray, " scan"], level: float = 0.95
) -> LimitsOfAgreement:
    """Bias, limits and their intervals over patients.

    One patient has a bias, and no limits: how patients differ cannot be known. Values that are not finite leave all
    of it empty.
    """
    if not len(differences) or not np.isfinite(differences).all():
        nothing = Figure(None, None, None)
        return LimitsOfAgreement(nothing, nothing, nothing, None, None, None)
    parts = variance_components(differences, patient_of_scan)
    sd_within = math.sqrt(parts.mean_square_within) if parts.n_scans > parts.n_patients else None
    if parts.n_patients < 2:
        empty = Figure(None, None, None)
        return LimitsOfAgreement(Figure.of(parts.mean), empty, empty, None, None, sd_within)
    sd = math.sqrt(parts.between + parts.within)
    bias_error = _bias_half_width(parts, level)
    sd_low, sd_high = _sd_bounds(parts, level)
    inner = math.hypot(bias_error, COVERED * (sd - sd_low))
    outer = math.hypot(bias_error, COVERED * (sd_high - sd))
    lower, upper = parts.mean - COVERED * sd, parts.mean + COVERED * sd
    return LimitsOfAgreement(
        bias=Figure.of(parts.mean, parts.mean - bias_error, parts.mean + bias_error),
        lower=Figure.of(lower, lower - outer, lower + inner),
        upper=Figure.of(upper, upper - inner, upper + outer),
        sd=sd,
        sd_between=math.sqrt(parts.between),
        sd_within=sd_within,
    )


def _bias_half_width(parts: VarianceComponents, level: float) -> float:
    """Student's t with the patients' degrees of freedom; with one scan a patient the usual interval of a mean."""
    variance = parts.between * parts.squared_shares + parts.within / parts.n_scans
    return float(stats.t.ppf((1 + level) / 2, parts.n_patients - 1)) * math.sqrt(variance)


def _sd_bounds(parts: VarianceComponents, level: float) -> tuple[float, float]:
    """Of the square root of the summed variance, which is a sum of two mean squares with positive factors."""
    tail, n0 = (1 - level) / 2, parts.scans_per_patient
    between, within = parts.mean_square_between / n0, (1 - 1 / n0) * parts.within
    if not parts.between:
        between, within = 0.0, parts.within
    freedom = (parts.n_patients - 1, parts.n_scans - parts.n_patients)
    terms = [(square, df) for square, df in zip((between, within), freedom, strict=True) if square > 0]
    variance = parts.between + parts.within
    below = math.hypot(*(square * (1 - df / stats.chi2.isf(tail, df)) for square, df in terms))
    above = math.hypot(*(square * (df / stats.chi2.ppf(tail, df) - 1) for square, df in terms))
    return math.sqrt(max(0.0, variance - below)), math.sqrt(variance + above)
