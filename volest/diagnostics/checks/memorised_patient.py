"""VOL119: errors belong to patients, not to scans."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from jaxtyping import Float

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.verdict import Fault, Verdict
from volest.diagnostics.wording import p_value
from volest.evaluation.effective_number import effective_number
from volest.evaluation.metrics import r2
from volest.evaluation.permutation import p_of, permuted
from volest.records.findings import Severity

FAULT = Fault("VOL119", "patients are recognised: their scans err alike", (Severity.WARNING, Severity.NOTE))

SOME = 0.8
"""Ratio below which even a mild likeness is worth a note."""

SAME_VOLUME_PERCENT = 10.0
"""Median coefficient of variation of a patient's references, below which the scans show one anatomy again: they look
alike, so that nothing else than alike errors could be expected."""


SKILLED_R2 = 0.5
"""Below it errors are little else than the volumes themselves, which are alike within a patient anyway."""


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """Spread of relative errors within patients against their spread over all, scans shuffled over patients."""
    counts = run.held_out["patient_id"].value_counts()
    repeated = run.held_out[run.held_out["patient_id"].isin(counts[counts > 1].index)]
    if repeated["patient_id"].nunique() < thresholds.fewest_patients or not repeated["error_percent"].std() > 0:
        yield FAULT.not_applicable(f"fewer than {thresholds.fewest_patients} patients have several scans, or none errs")
        return
    names, of_scan = np.unique(repeated["patient_id"].to_numpy(dtype=str), return_inverse=True)
    belongs = np.eye(len(names))[of_scan]
    errors = _winsorised(repeated["error_percent"].to_numpy(dtype=float))
    ratio = float(_within(errors[None], belongs)[0])
    p = p_of(-ratio, -_within(permuted(errors, thresholds.resamples, rng), belongs))
    told = (
        f"errors of one patient's scans differ {ratio:.0%} as much as errors of any scans ({len(names)} patients with "
        f"several scans, {p_value(p)} by shuffling scans)"
    )
    if p >= thresholds.test_p or ratio > SOME:
        yield FAULT.passed(told)
        return
    varied = _variation_percent(repeated)
    explained = r2(run.held_out["predicted_ml"].to_numpy(), run.held_out["reference_ml"].to_numpy())
    strong = ratio < thresholds.memorised_ratio and varied > SAME_VOLUME_PERCENT and explained > SKILLED_R2
    meant = _STRONG.format(varied) if strong else _MILD.format(_worth(run, ratio), len(run.held_out))
    yield FAULT.found(
        Severity.WARNING if strong else Severity.NOTE,
        f"{told[0].upper()}{told[1:]}. {meant}",
        _REMEDY if strong else "Count patients, as the intervals here do; new patients tell more than new scans.",
        {"ratio": ratio, "p": p, "reference_variation_percent": varied},
    )


def _within(errors: Float[np.ndarray, "draw scan"], belongs: Float[np.ndarray, "scan patient"]) -> np.ndarray:
    """SD within patients over SD of all."""
    sizes = belongs.sum(axis=0)
    within = (np.square(errors).sum(axis=1) - (np.square(errors @ belongs) / sizes).sum(axis=1)) / (sizes - 1).sum()
    return np.sqrt(np.maximum(within, 0) / errors.var(axis=1, ddof=1))


def _winsorised(errors: Float[np.ndarray, " scan"]) -> Float[np.ndarray, " scan"]:
    """Drawn in to three robust standard deviations, so that one patient who is far off does not speak for all."""
    centre = np.median(errors)
    reach = 3 * 1.4826 * np.median(np.abs(errors - centre))
    return np.clip(errors, centre - reach, centre + reach) if reach > 0 else errors


def _variation_percent(scans: pd.DataFrame) -> float:
    """Median over patients of the coefficient of variation of their references."""
    references = scans.groupby("patient_id")["reference_ml"]
    return float(100 * (references.std() / references.mean()).median())


def _worth(run: RunRecords, ratio: float) -> int:
    """Independent scans that tell as much, of an intraclass correlation of 1 - ratio^2."""
    return round(effective_number(run.held_out["patient_id"].value_counts().tolist(), max(0.0, 1 - ratio**2)))


_STRONG = (
    "A patient's references vary by {:.0f}%, and yet the error stays: the networks may judge whose scan it is, not "
    "what is on it."
)
_MILD = "As far as errors go, they tell as much as about {} independent scans, not {}."
_REMEDY = (
    "Look for what identifies patients (burnt-in text, one crop or gain for each: `volest check`, check.html) and for "
    "labels that are off by one factor for each patient. Collect patients rather than scans."
)
