"""What a reader must know before the figures: sentences about the data that figures alone would hide."""

from collections.abc import Sequence

import numpy as np

from volest.evaluation.bootstrap import FEWEST_PATIENTS
from volest.evaluation.sample import Sample
from volest.records.predictions import Prediction

FEW_PATIENTS = 20
"""Fewer patients make intervals too narrow: simulated ones of 95% held the true MAE 84 times of 100 with 10."""

NEAR_ZERO = 0.1
"""A reference below this share of the median one turns a small error into a large percentage."""

WRONG_UNIT = 2.0
"""Factor about 1000 within which a ratio of prediction to reference means another unit."""

THOUSANDS = {1000.0: "predictions in mm3, or references in L", 0.001: "predictions in L, or references in mm3"}


def remarks(predictions: Sequence[Prediction], sample: Sample) -> tuple[str, ...]:
    """Those that hold, the gravest first.

    Args:
        predictions: as read.
        sample: the scans of them that could be judged.
    """
    if not sample.n_scans:
        return (_left_out(predictions, sample),)
    found = (_left_out(predictions, sample), _unit(sample), _constant(sample), _near_zero(sample), _few(sample))
    return tuple(sentence for sentence in found if sentence)


def _left_out(predictions: Sequence[Prediction], sample: Sample) -> str:
    judged = set(sample.scan_ids)
    missing = [p.scan_id for p in predictions if p.scan_id not in judged]
    if not missing:
        return ""
    return (
        f"{len(missing)} of {len(predictions)} scans have no finite prediction and reference (first {missing[0]!r}). "
        "They are in no figure, so that the figures flatter."
    )


def _unit(sample: Sample) -> str:
    positive = (sample.reference_ml > 0) & (sample.predicted_ml > 0)
    if not positive.any():
        return ""
    factor = float(np.median(sample.predicted_ml[positive] / sample.reference_ml[positive]))
    for thousand, words in THOUSANDS.items():
        if 1 / WRONG_UNIT < factor / thousand < WRONG_UNIT:
            return f"Predictions are {factor:.3g} times their references (median): {words}? Both must be in mL."
    return ""


def _constant(sample: Sample) -> str:
    if sample.n_scans < 2 or np.ptp(sample.predicted_ml) > 0:
        return ""
    return (
        f"Every scan is predicted as {sample.predicted_ml[0]:.6g} mL: correlations and calibration are undefined, and "
        "nothing in the scans was used."
    )


def _near_zero(sample: Sample) -> str:
    reference_ml = sample.reference_ml
    smallest = int(np.argmin(reference_ml))
    if reference_ml[smallest] <= 0:
        return (
            f"Scan {sample.scan_ids[smallest]!r} has a reference of {reference_ml[smallest]:.6g} mL: figures in per "
            "cent are undefined. Leave such scans out, or read the figures in mL."
        )
    limit_ml = NEAR_ZERO * float(np.median(reference_ml))
    small = int((reference_ml < limit_ml).sum())
    if not small:
        return ""
    verb = "scan has a reference" if small == 1 else "scans have references"
    return (
        f"{small} {verb} below {limit_ml:.3g} mL, a tenth of the median (smallest {reference_ml[smallest]:.3g} mL, "
        f"{sample.scan_ids[smallest]!r}): MAPE and the other means in per cent rest on them. Read the "
        "median absolute percentage error, or mL."
    )


def _few(sample: Sample) -> str:
    n = sample.n_patients
    if n == 1:
        return "All scans are of one patient: nothing can be said about others, and intervals are empty."
    if n < FEWEST_PATIENTS:
        return f"There are {n} patients: too few for intervals by drawing patients."
    few = f"There are {n} patients: with fewer than {FEW_PATIENTS}, intervals are rough and rather too narrow."
    return few if n < FEW_PATIENTS else ""
