"""All figures of agreement over one sample of scans."""

from collections.abc import Callable
from functools import partial

import numpy as np

from volest.evaluation import calibration, correlation, error_size, icc
from volest.evaluation.bland_altman import limits_of_agreement
from volest.evaluation.bootstrap import Bootstrap
from volest.evaluation.draws import Draws, PerDraw
from volest.evaluation.repeatability import repeatability_coefficient
from volest.evaluation.sample import Sample
from volest.records.evaluation import Figure, Summary


def summarise(bootstrap: Bootstrap) -> Summary:
    """Every figure with its interval over the patients of the bootstrap's sample."""
    sample, figure, share = bootstrap.sample, bootstrap.figure, bootstrap.share
    patients, level = sample.patient_of_scan, bootstrap.level
    icc_1_1, icc_2_1, icc_3_1 = _intraclass(bootstrap)
    return Summary(
        n_scans=sample.n_scans,
        n_patients=sample.n_patients,
        mae_ml=figure(error_size.mean_absolute_error),
        rmse_ml=figure(error_size.root_mean_square_error),
        mape_percent=figure(error_size.mean_absolute_percentage_error),
        median_absolute_percentage_error=figure(error_size.median_absolute_percentage_error),
        within_10_percent=share(partial(error_size.share_within, 10)),
        within_20_percent=share(partial(error_size.share_within, 20)),
        limits_ml=limits_of_agreement(sample.error_ml, patients, level),
        limits_percent=limits_of_agreement(sample.error_percent, patients, level),
        repeatability_ml=repeatability_coefficient(sample.error_ml, patients, level),
        repeatability_percent=repeatability_coefficient(sample.error_percent, patients, level),
        r2=figure(correlation.r2),
        pearson_r=figure(correlation.pearson_r),
        spearman_rho=figure(correlation.spearman_rho),
        ccc=figure(correlation.concordance),
        icc_1_1=icc_1_1,
        icc_2_1=icc_2_1,
        icc_3_1=icc_3_1,
        calibration_slope=figure(calibration.slope),
        calibration_intercept_ml=figure(calibration.intercept),
        spread_ratio=figure(calibration.spread_ratio),
    )


def _intraclass(bootstrap: Bootstrap) -> tuple[Figure, Figure, Figure]:
    """With the paper's intervals where scans are independent, else with those over patients."""
    sample: Sample = bootstrap.sample
    if sample.n_scans == sample.n_patients:
        ratings = np.column_stack([sample.predicted_ml, sample.reference_ml])
        exact = icc.intraclass_correlations(ratings, bootstrap.level)
        return exact.one_way, exact.agreement, exact.consistency
    one_way, agreement, consistency = (
        bootstrap.figure(partial(_of_draws, coefficient)) for coefficient in (icc.icc_1_1, icc.icc_2_1, icc.icc_3_1)
    )
    return one_way, agreement, consistency


def _of_draws(coefficient: Callable[[icc.MeanSquares], PerDraw], draws: Draws) -> PerDraw:
    return coefficient(icc.mean_squares_of_draws(draws))
