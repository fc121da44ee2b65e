"""Parts of patients that resemble each other: a seeded local search over moves and exchanges."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

RESTARTS = 16
"""Random beginnings, of which the best end is kept."""

MOST_CANDIDATES = 20_000
"""Moves and exchanges weighed in one step; more patients than this allows are searched by chance."""

# Deviations that weigh as much as each other: 1% in the mean volume, 2% in the number of scans, 3% in the geometric
# mean, 10% in the spread and in the number of patients. The mean comes first because predicting it is the baseline that
# every fold is held to; the spread yields, because one patient with the largest gland always lies in some fold.
# Beyond 8% a deviation of the mean outweighs all else: 10% is what a fold may differ by and still be called balanced.
_MEAN, _SCANS, _LOG_MEAN, _SPREAD, _PATIENTS = 1.0, 0.5, 0.3, 0.1, 0.1
_LARGEST_MEAN, _BEYOND = 0.08, 10.0


@dataclass(frozen=True)
class PatientTotals:
    """Sums over the scans of each patient, from which the mean and the spread of any part follow.

    Attributes:
        sums: a row per patient: 1 for the patient, scans, sum of mL, of mL squared, of log mL, of log mL squared.
    """

    sums: Float[np.ndarray, "patients 6"]

    @classmethod
    def of(cls, volumes_ml: Sequence[Sequence[float]]) -> "PatientTotals":
        """Totals of the volumes of each patient; the order within a patient changes nothing."""
        return cls(np.array([_totals(np.sort(np.asarray(volumes, dtype=float))) for volumes in volumes_ml]))


def balanced_partition(
    totals: PatientTotals,
    shares: Float[np.ndarray, " parts"],
    rng: np.random.Generator,
    keep_patient_counts: bool = False,
) -> Int[np.ndarray, " patients"]:
    """Give each patient a part, such that parts differ little in scans, mean volume and spread.

    Args:
        totals: of the patients; at least as many as parts.
        shares: of the whole that each part should hold, with sum 1.
        rng: draws the beginnings.
        keep_patient_counts: only exchange patients, so that each part keeps its share of the patients.

    Returns:
        The part of each patient, from 0; no part is empty.
    """
    ends = [
        _descend(totals.sums, shares, _beginning(len(totals.sums), shares, rng), rng, keep_patient_counts)
        for _ in range(RESTARTS)
    ]
    parts, _ = min(ends, key=lambda end: end[1])
    return parts


def _totals(volumes_ml: NDArray[np.float64]) -> list[float]:
    logs = np.log(volumes_ml)
    return [1.0, len(volumes_ml), volumes_ml.sum(), (volumes_ml**2).sum(), logs.sum(), (logs**2).sum()]


def _beginning(patients: int, shares: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Patients dealt at random, each part as many as its share, the remainder to parts drawn by chance."""
    counts = np.maximum(np.floor(shares * patients + 1e-9).astype(int), 1)
    for part in rng.permutation(len(shares))[: max(patients - counts.sum(), 0)]:
        counts[part] += 1
    return rng.permutation(np.repeat(np.arange(len(shares)), counts))


def _descend(
    sums: NDArray[np.float64],
    shares: NDArray[np.float64],
    parts: NDArray[np.int64],
    rng: np.random.Generator,
    keep_patient_counts: bool,
) -> tuple[NDArray[np.int64], float]:
    """Take the best move or exchange until none helps."""
    parts = parts.copy()
    whole = sums.sum(axis=0, keepdims=True)
    held = np.array([sums[parts == part].sum(axis=0) for part in range(len(shares))])
    cost = _cost(held, whole, shares)
    for _ in range(10 * len(sums)):
        leaver, comer, target = _candidates(parts, len(shares), rng, keep_patient_counts)
        origin = parts[leaver]
        difference = sums[leaver] - np.where((comer >= 0)[:, None], sums[comer], 0.0)
        change = _cost(held[origin] - difference, whole, shares[origin]) - cost[origin]
        change += _cost(held[target] + difference, whole, shares[target]) - cost[target]
        best = int(change.argmin()) if len(change) else -1
        if best < 0 or change[best] > -1e-12:
            break
        changed = [int(origin[best]), int(target[best])]
        parts[leaver[best]] = changed[1]
        if comer[best] >= 0:
            parts[comer[best]] = changed[0]
        held[changed] = [sums[parts == part].sum(axis=0) for part in changed]
        cost[changed] = _cost(held[changed], whole, shares[changed])
    return parts, float(cost.sum())


def _candidates(
    parts: NDArray[np.int64], count: int, rng: np.random.Generator, keep_patient_counts: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Patients that leave, patients that come in their place (-1 for a move), and the parts that they leave to."""
    patients = np.arange(len(parts))
    leaver, comer = np.triu_indices(len(parts), k=1)
    target = parts[comer]
    if not keep_patient_counts:
        leaver = np.concatenate([leaver, np.repeat(patients, count)])
        comer = np.concatenate([comer, np.full(len(parts) * count, -1)])
        target = np.concatenate([target, np.tile(np.arange(count), len(parts))])
    useful = np.flatnonzero(parts[leaver] != target)
    if len(useful) > MOST_CANDIDATES:
        useful = rng.choice(useful, MOST_CANDIDATES, replace=False)
    return leaver[useful], comer[useful], target[useful]


def _cost(held: NDArray[np.float64], whole: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted squares of how far parts are from the whole; infinite for an empty part."""
    occupied = held[:, 0] > 0.5
    safe = np.where(occupied[:, None], held, whole)
    mean, spread, log_mean, log_spread = _moments(safe)
    mean_0, spread_0, log_mean_0, log_spread_0 = _moments(whole)
    deviations = (
        _PATIENTS * (safe[:, 0] / (shares * whole[:, 0]) - 1),
        _SCANS * (safe[:, 1] / (shares * whole[:, 1]) - 1),
        _MEAN * (mean / mean_0 - 1),
        _BEYOND * np.maximum(np.abs(mean / mean_0 - 1) - _LARGEST_MEAN, 0),
        _LOG_MEAN * (log_mean - log_mean_0),
        _SPREAD * (spread - spread_0) / mean_0,
        _SPREAD * (log_spread - log_spread_0),
    )
    return np.where(occupied, sum(deviation**2 for deviation in deviations), np.inf)


def _moments(sums: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Mean and standard deviation of mL and of log mL over the scans."""
    scans = sums[:, 1]
    mean, log_mean = sums[:, 2] / scans, sums[:, 4] / scans
    spread = np.sqrt(np.maximum(sums[:, 3] / scans - mean**2, 0))
    return mean, spread, log_mean, np.sqrt(np.maximum(sums[:, 5] / scans - log_mean**2, 0))
