"""Whether the arms of a study have learnt anything, without which nothing can be compared."""

from collections.abc import Iterable, Mapping

import numpy as np

from volest.evaluation.baselines.mean import Mean
from volest.evaluation.comparison import compare
from volest.evaluation.metrics import mean_absolute_error
from volest.evaluation.sample import Sample
from volest.experiments.preparation import PreparedRun
from volest.records.manifest import Scan


def mean_predictor(run: PreparedRun, folds: Iterable[int]) -> Sample:
    """The scans that `folds` hold out, each said to be as large as the mean of the training patients of its fold."""
    scans: list[Scan] = []
    told_ml: list[float] = []
    for fold in folds:
        held_out = run.manifest.of(run.folds.held_out(fold))
        scans += held_out
        told_ml += Mean().fit(run.manifest.of(run.folds.training(fold))).predict(held_out).tolist()
    return Sample(
        tuple(scan.scan_id for scan in scans),
        tuple(scan.patient_id for scan in scans),
        np.array(told_ml),
        np.array([scan.volume_ml for scan in scans]),
    )


def skill_note(mean: Sample) -> str:
    """How far the mean of the training patients is off."""
    return f"Saying the mean of the training patients of every scan is {_off_by(mean)}."


def want_of_skill(samples: Mapping[str, Sample], mean: Sample, rng: np.random.Generator) -> str:
    """A sentence where no arm is shown to be nearer than the mean; empty where one is, and where there is none."""
    if not samples:
        return ""
    for sample in samples.values():
        if set(sample.scan_ids) & set(mean.scan_ids):
            high = compare(sample, {"mean": mean}, rng)[0].mae_difference_ml.high
            if high is not None and high < 0:
                return ""
    return (
        f"No arm is shown to be nearer than the mean of the training patients, which is {_off_by(mean)}: "
        "networks that have not learnt cannot be compared, so train longer. "
    )


def _off_by(sample: Sample) -> str:
    return f"off by {mean_absolute_error(sample.predicted_ml, sample.reference_ml):.2f} mL"
