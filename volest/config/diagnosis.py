"""From where on the diagnosis of a run speaks."""

from pydantic import Field

from volest.config.frozen import Frozen


class DiagnosisConfig(Frozen):
    """Thresholds of `volest diagnose`. A ratio is of the first thing named to the second.

    Attributes:
        confidence: of every interval; they are of the bootstrap over patients.
        resamples: of the bootstrap, and permutations of each test.
        test_p: a test speaks below this p-value, after Holm's correction where there are several tests.
        fewest_patients: below it nothing is resampled or tested.
        overfit_ratio: held-out to training MAE, which the whole interval must exceed.
        overfit_error_ratio: the same, from where on it is an error.
        turned_percent: rise of the smoothed held-out MAE from its lowest point to the end.
        underfit_r2: share of the variance of its own training scans that a network at least explains.
        collapse_spread_ratio: SD of predictions to SD of references, which the whole interval must fall short of.
        collapse_error_spread_ratio: the same, from where on it is an error.
        bias_percent: mean error in per cent of the mean reference, which the whole interval must exceed.
        bias_slope: mL of error per mL of volume, which the whole interval must exceed.
        fold_mae_ratio: MAE of one fold to that of the others, or the other way round.
        patient_share: of a fold's MAE that goes with one patient.
        falling_percent: fall of the mean held-out curve over its last fifth.
        noise_percent: SD of the held-out MAE about its smoothed curve.
        loss_spike_ratio: training loss of an epoch, or error on training scans, to that of the epochs around it.
        loss_spikes_percent: of the epochs, that are such spikes.
        gradient_growth_ratio: gradient norm at its height to that of the first epochs.
        slow_loss_ratio: training loss at the end to that of the first epochs, though it fell all the while.
        flat_loss_ratio: the same, from where on nothing was learnt.
        target_offset_sd: mean of the standardised targets of training scans, and log2 of their SD, at the most.
        memorised_ratio: difference of errors within a patient to that between patients, at the least.
        tie_rho: rank correlation of errors with a property, at the least; its square for groups.
        outlier_sd: robust standard deviations of the error of a scan worth a second look.
        loader_wait_percent: of an epoch's time.
        copy_percent: change of volume between near copies of one scan, from where on one reference is wrong for both.
        fewest_copies: pairs of them.
    """

    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    resamples: int = Field(default=2000, ge=100, le=100_000)
    test_p: float = Field(default=0.002, gt=0, lt=1)
    fewest_patients: int = Field(default=5, ge=2)
    overfit_ratio: float = Field(default=1.5, ge=1)
    overfit_error_ratio: float = Field(default=3.0, ge=1)
    turned_percent: float = Field(default=15.0, gt=0)
    underfit_r2: float = Field(default=0.3, lt=1)
    collapse_spread_ratio: float = Field(default=0.6, gt=0)
    collapse_error_spread_ratio: float = Field(default=0.3, gt=0)
    bias_percent: float = Field(default=3.0, ge=0)
    bias_slope: float = Field(default=0.08, ge=0)
    fold_mae_ratio: float = Field(default=1.5, ge=1)
    patient_share: float = Field(default=0.5, gt=0, lt=1)
    falling_percent: float = Field(default=5.0, gt=0)
    noise_percent: float = Field(default=15.0, gt=0)
    loss_spike_ratio: float = Field(default=2.0, gt=1)
    loss_spikes_percent: float = Field(default=5.0, ge=0)
    gradient_growth_ratio: float = Field(default=20.0, gt=1)
    slow_loss_ratio: float = Field(default=0.5, gt=0, lt=1)
    flat_loss_ratio: float = Field(default=0.85, gt=0, lt=1)
    target_offset_sd: float = Field(default=1.0, gt=0)
    memorised_ratio: float = Field(default=0.35, gt=0, lt=1)
    tie_rho: float = Field(default=0.4, gt=0, lt=1)
    outlier_sd: float = Field(default=3.5, gt=0)
    loader_wait_percent: float = Field(default=30.0, gt=0)
    copy_percent: float = Field(default=8.0, gt=0)
    fewest_copies: int = Field(default=3, ge=1)
