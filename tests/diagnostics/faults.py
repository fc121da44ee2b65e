"""One way to plant each fault that a check looks for."""

import numpy as np
import pandas as pd

from volest.records.model import TargetScaling
from volest.records.near_copies import NearCopy


def overfitting(study, targets):
    """Training scans known by heart."""
    for history in study.histories.values():
        history["train_mae_ml"] *= np.linspace(1, 0.25, study.epochs)
        history["train_r2"] = 1 - (1 - history["train_r2"]) * np.linspace(1, 0.1, study.epochs)


def turning(study, targets):
    """The held-out error climbs again after a third of the training."""
    third = study.epochs // 3
    climb = np.maximum(0, np.arange(study.epochs) - third) / (study.epochs - third)
    for history in study.histories.values():
        history["val_mae_ml"] *= (1 + 0.4 * climb) / 1.4


def underfitting(study, targets):
    """Training scans hardly explained at the end, though something was learnt."""
    for history in study.histories.values():
        start = history["train_mae_ml"].iloc[0]
        history["train_r2"] = 0.25 * (1 - np.exp(-np.arange(study.epochs) / 5))
        history["train_mae_ml"] = start * (1 - 0.12 * (1 - np.exp(-np.arange(study.epochs) / 5)))


def no_skill(study, targets):
    """Predictions of the right spread that belong to other patients."""
    scans = study.scans
    names = list(scans["patient_id"].unique())
    means = scans.groupby("patient_id")["reference_ml"].mean()
    other = dict(zip(names, np.roll(names, 7), strict=True))
    scans["predicted_ml"] = scans["patient_id"].map(other).map(means) * np.exp(study.rng.normal(0, 0.05, len(scans)))


def beaten_by_a_baseline(study, targets):
    """Kernel ridge on thumbnails does better than the network."""
    noise = study.rng.normal(0, 0.03, len(study.scans))
    study.baselines["thumbnail"] = study.scans["reference_ml"].to_numpy() * np.exp(noise)


def mean_collapse(study, targets):
    """Predictions that hug the mean."""
    mean = study.scans["predicted_ml"].mean()
    study.scans["predicted_ml"] = mean + 0.25 * (study.scans["predicted_ml"] - mean)


def proportional_bias(study, targets):
    """Large structures too small, small ones too large."""
    mean = study.scans["reference_ml"].mean()
    study.scans["predicted_ml"] -= 0.3 * (study.scans["reference_ml"] - mean)


def constant_bias(study, targets):
    """Everything 12% of the mean too large."""
    study.scans["predicted_ml"] += 0.12 * study.scans["reference_ml"].mean()


def unlike_fold(study, targets):
    """Errors of one fold three times as large."""
    odd = study.scans["fold"] == 2
    error = study.scans["predicted_ml"] - study.scans["reference_ml"]
    study.scans.loc[odd, "predicted_ml"] = (study.scans["reference_ml"] + 3.5 * error)[odd]


def dominant_patient(study, targets):
    """One patient with many scans, all far off."""
    scans = study.scans
    patient = scans[scans["fold"] == 1]["patient_id"].value_counts().index[0]
    own = scans["patient_id"] == patient
    scans.loc[own, "predicted_ml"] = scans.loc[own, "reference_ml"] * 3.0


def falling_curve(study, targets):
    """Stopped half way down."""
    for history in study.histories.values():
        history["val_mae_ml"] *= np.linspace(2, 1, study.epochs)


def noisy_curve(study, targets):
    """A held-out error that jumps about."""
    for history in study.histories.values():
        history["val_mae_ml"] *= np.exp(study.rng.normal(0, 0.35, study.epochs))


def diverged(study, targets):
    """A loss that became no number."""
    study.histories[3].loc[study.epochs // 2 :, ["train_loss", "gradient_norm"]] = np.nan


def spiking_loss(study, targets):
    """A loss that jumps every few epochs."""
    for history in study.histories.values():
        history.loc[5::6, "train_loss"] *= 4.0


def jumping_error(study, targets):
    """Weights that are worth little after every few epochs, though batches that norm themselves do not show it."""
    for history in study.histories.values():
        history.loc[5::6, "train_mae_ml"] *= 3.0


def exploding_gradient(study, targets):
    """Gradients that grow from epoch to epoch."""
    for history in study.histories.values():
        history["gradient_norm"] *= np.geomspace(1, 200, study.epochs)


def low_learning_rate(study, targets):
    """A loss that creeps down and arrives nowhere."""
    for history in study.histories.values():
        history["train_loss"] = np.linspace(0.9, 0.6, study.epochs) * (1 + study.rng.normal(0, 0.01, study.epochs))
        history["train_r2"] = np.linspace(0, 0.45, study.epochs)


def flat_training(study, targets):
    """(batch, 1) against (batch,): the mean for every scan from the first epoch."""
    scans = study.scans
    scans["predicted_ml"] = scans["reference_ml"].mean() * np.exp(study.rng.normal(0, 0.01, len(scans)))
    for history in study.histories.values():
        history["train_loss"] = 0.6 * (1 + study.rng.normal(0, 0.05, study.epochs))
        history["train_r2"] = study.rng.normal(-0.02, 0.01, study.epochs)
        history["gradient_norm"] = 0.3
        for part in ("train", "val"):
            history[f"{part}_mae_ml"] = history[f"{part}_mae_ml"].iloc[0]


def unscaled_target(study, targets):
    """Millilitres as they are."""
    for fold in study.histories:
        study.targets[fold] = TargetScaling(kind="ml", mean=0.0, sd=1.0)


def label_breaking(study, targets):
    """Zoom without its label."""
    study.overrides.append("augmentation.follow=false")


def copies_made_before_training(study, targets):
    """Zoomed copies of four scans, each with the label of its original."""
    originals = study.scans[study.scans["fold"] == 1].head(4)
    copies = originals.assign(scan_id=originals["scan_id"] + "-copy", sha256=[f"c{n:063x}" for n in range(4)])
    study.scans = pd.concat([study.scans, copies], ignore_index=True)
    again = study.baselines.set_index("scan_id").loc[originals["scan_id"]].reset_index()
    study.baselines = pd.concat([study.baselines, again.assign(scan_id=copies["scan_id"].to_numpy())])
    pairs = zip(originals["scan_id"], copies["scan_id"], (1.1, 0.9, 1.06, 1.0), strict=True)
    study.near_copies += [NearCopy(first, second, 0.95, zoom) for first, second, zoom in pairs]


def near_copy_in_two_folds(study, targets):
    """Two patients of two folds whose scans look like one, in files that differ."""
    scans = study.scans
    pair = [str(scans.loc[scans["fold"] == fold, "scan_id"].iloc[0]) for fold in (0, 1)]
    study.near_copies.append(NearCopy(*pair, 0.93, 1.0))


def patient_in_two_folds(study, targets):
    """A patient that stands in two parts."""
    patient = study.scans["patient_id"].iloc[0]
    study.second_folds.append((patient, 3))


def file_in_two_folds(study, targets):
    """One file under two patients of two folds."""
    scans = study.scans
    first, second = scans[scans["fold"] == 0].index[0], scans[scans["fold"] == 1].index[0]
    scans.loc[second, "sha256"] = scans.loc[first, "sha256"]


def scaling_outside_the_fold(study, targets):
    """Mean and SD of all scans."""
    for fold in study.histories:
        study.targets[fold] = targets(study, None)


def model_of_another_run(study, targets):
    """A model.json that belongs to other scans."""
    own = targets(study, 1)
    study.targets[1] = TargetScaling(kind=own.kind, mean=own.mean + 0.05, sd=own.sd)


def memorised_patient(study, targets):
    """All scans of a patient off by the same factor."""
    scans = study.scans
    names = scans["patient_id"].unique()
    factor = dict(zip(names, np.exp(study.rng.normal(0, 0.11, len(names))), strict=True))
    noise = np.exp(study.rng.normal(0, 0.01, len(scans)))
    scans["predicted_ml"] = scans["reference_ml"] * scans["patient_id"].map(factor) * noise


def error_by_device(study, targets):
    """One device reads 20% higher than the other."""
    factor = study.scans["device"].map({"A": 0.9, "B": 1.1})
    study.scans["predicted_ml"] *= factor


def error_by_spacing(study, targets):
    """The coarser the scan, the larger the prediction."""
    spacing_mm = study.scans["spacing_mm"]
    study.scans["predicted_ml"] *= np.exp(1.2 * (spacing_mm - spacing_mm.mean()))


def error_by_covariate(study, targets):
    """Older patients read too large."""
    age = study.scans.groupby("patient_id")["age_days"].transform("mean")
    study.scans["predicted_ml"] *= np.exp(0.12 * (age - age.mean()) / age.std())


def error_by_date(study, targets):
    """Later scans are read too small."""
    day = pd.to_datetime(study.scans["acquired_on"]).astype("int64")
    study.scans["predicted_ml"] *= np.exp(-0.12 * (day - day.mean()) / day.std())


def error_by_image_quality(study, targets):
    """Blurred scans are read too large."""
    grain = study.scans.groupby("patient_id")["graininess"].transform("mean")
    study.scans["predicted_ml"] *= np.exp(-0.12 * (grain - grain.mean()) / grain.std())


def error_by_size(study, targets):
    """Small structures are read with a far larger relative error."""
    reference_ml = study.scans["reference_ml"]
    error = np.log(study.scans["predicted_ml"] / reference_ml)
    study.scans["predicted_ml"] = reference_ml * np.exp(error * (reference_ml / reference_ml.median()) ** -2)


def outlier_scan(study, targets):
    """One label that belongs to another scan."""
    study.scans.loc[17, "predicted_ml"] = study.scans.loc[17, "reference_ml"] * 2.2


def loader_wait(study, targets):
    """More than half of the time spent waiting."""
    for history in study.histories.values():
        history["loader_wait_share"] = 0.6


def prediction_of_nothing(study, targets):
    """A prediction that is no number."""
    study.scans.loc[[3, 8], "predicted_ml"] = np.nan


PLANTED = {
    overfitting: "VOL101",
    turning: "VOL102",
    underfitting: "VOL103",
    no_skill: "VOL104",
    beaten_by_a_baseline: "VOL104",
    mean_collapse: "VOL105",
    proportional_bias: "VOL106",
    constant_bias: "VOL107",
    unlike_fold: "VOL108",
    dominant_patient: "VOL109",
    falling_curve: "VOL110",
    noisy_curve: "VOL111",
    diverged: "VOL112",
    spiking_loss: "VOL112",
    jumping_error: "VOL112",
    exploding_gradient: "VOL112",
    low_learning_rate: "VOL113",
    flat_training: "VOL114",
    unscaled_target: "VOL115",
    label_breaking: "VOL116",
    copies_made_before_training: "VOL116",
    patient_in_two_folds: "VOL117",
    file_in_two_folds: "VOL117",
    near_copy_in_two_folds: "VOL117",
    scaling_outside_the_fold: "VOL118",
    model_of_another_run: "VOL118",
    memorised_patient: "VOL119",
    error_by_device: "VOL120",
    error_by_spacing: "VOL120",
    error_by_covariate: "VOL120",
    error_by_date: "VOL120",
    error_by_image_quality: "VOL120",
    error_by_size: "VOL120",
    outlier_scan: "VOL121",
    loader_wait: "VOL122",
    prediction_of_nothing: "VOL123",
}
"""The code that each fault must be found by."""
