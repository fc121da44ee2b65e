"""Two runs, or a run and a reader, on the same scans: which one errs less, and could that be chance?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from scipy import stats

from volest.errors import RunError
from volest.evaluation.bootstrap import LEVEL, N_DRAWS, Bootstrap
from volest.evaluation.holm import holm_of_known
from volest.evaluation.sample import PerScan, Sample
from volest.records.evaluation import Comparison

SAME_REFERENCE = 1e-3
"""Relative difference of two references of one scan that rounding in a table explains."""


@dataclass(frozen=True)
class _Pair:
    """The scans of both, in one order, and the absolute errors of each."""

    sample: Sample
    error_ml: PerScan
    against_ml: PerScan


def compare(
    sample: Sample,
    against: Mapping[str, Sample],
    rng: np.random.Generator,
    n_draws: int = N_DRAWS,
    level: float = LEVEL,
) -> tuple[Comparison, ...]:
    """Difference of MAE with its paired interval over patients; Wilcoxon over patients, Holm over the comparisons.

    Raises:
        RunError: no scan in common, or one scan has two references.
    """
    plain = [_compare_one(name, _pair(sample, other, name), rng, n_draws, level) for name, other in against.items()]
    corrected = holm_of_known([row.p for row in plain])
    return tuple(replace(row, p_holm=p) for row, p in zip(plain, corrected, strict=True))


def _pair(sample: Sample, other: Sample, name: str) -> _Pair:
    places = {scan_id: place for place, scan_id in enumerate(other.scan_ids)}
    common = [n for n, scan_id in enumerate(sample.scan_ids) if scan_id in places]
    if not common:
        raise RunError(
            f"{name} shares no scan_id with what it is compared to ({_example(sample)} here, {_example(other)} there). "
            "A comparison needs predictions of the same scans under the same scan_id."
        )
    here, there = sample.of(common), other.of([places[sample.scan_ids[n]] for n in common])
    apart = ~np.isclose(here.reference_ml, there.reference_ml, rtol=SAME_REFERENCE, atol=0)
    if apart.any():
        n = int(np.flatnonzero(apart)[0])
        raise RunError(
            f"scan {here.scan_ids[n]!r} has a reference of {here.reference_ml[n]:.6g} mL here and of "
            f"{there.reference_ml[n]:.6g} mL in {name} ({apart.sum()} of {len(common)} scans differ). Errors "
            "against two references cannot be compared: judge both against the same table."
        )
    return _Pair(here, np.abs(here.error_ml), np.abs(there.error_ml))


def _example(sample: Sample) -> str:
    return repr(sample.scan_ids[0]) if sample.scan_ids else "none"


def _compare_one(name: str, pair: _Pair, rng: np.random.Generator, n_draws: int, level: float) -> Comparison:
    bootstrap = Bootstrap(pair.sample, rng, n_draws, level)
    difference_ml = pair.error_ml - pair.against_ml
    p = _wilcoxon_p(_patient_means(pair.sample, difference_ml))
    return Comparison(
        against=name,
        n_scans=pair.sample.n_scans,
        n_patients=pair.sample.n_patients,
        mae_ml=bootstrap.figure(lambda draws: draws.average(pair.error_ml)),
        against_mae_ml=bootstrap.figure(lambda draws: draws.average(pair.against_ml)),
        mae_difference_ml=bootstrap.figure(lambda draws: draws.average(difference_ml)),
        p=p,
        p_holm=p,
    )


def _patient_means(sample: Sample, values: PerScan) -> Float[np.ndarray, " patient"]:
    return np.bincount(sample.patient_of_scan, weights=values) / np.bincount(sample.patient_of_scan)


def _wilcoxon_p(differences: Float[np.ndarray, " patient"]) -> float | None:
    if len(differences) < 2:
        return None
    unequal = differences[differences != 0]
    return float(stats.wilcoxon(unequal).pvalue) if len(unequal) else 1.0
