"""How much one scan tells of another: mutual information, its normalised form, and cross-correlation."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int
from scipy.special import xlogy

from volest.evaluation.proxy.patient_mean import patient_weights

Rasters = Float[np.ndarray, "scan i j k"]
Matrix = Float[np.ndarray, "scan scan"]

LEVELS = 16
"""Grey levels told apart: a thumbnail of 12^3 voxels leaves 7 of them to each pair of levels."""


def mutual_information(rasters: Rasters) -> Matrix:
    """Of each pair of scans, in nats, voxel by voxel; a scan with itself has its entropy.

    Args:
        rasters: one shape, intensities in [0, 1].
    """
    levels = _levels(rasters)
    belongs = (levels[:, None, :] == np.arange(LEVELS)[:, None]).astype(np.float32)  # scan, level, voxel
    flat = belongs.reshape(-1, belongs.shape[2])
    return np.stack([_information((own @ flat.T).reshape(LEVELS, -1, LEVELS).swapaxes(0, 1)) for own in belongs])


def normalised_mutual_information(rasters: Rasters) -> Matrix:
    """Mutual information over the mean of both entropies, in [0, 1]; 0 where both scans are one grey."""
    information = mutual_information(rasters)
    entropy = np.diag(information)
    mean = (entropy[:, None] + entropy) / 2
    return np.divide(information, mean, out=np.zeros_like(information), where=mean > 0)


def cross_correlation(rasters: Rasters) -> Matrix:
    """Normalised cross-correlation without shift, in [-1, 1]; 0 for a scan of one grey."""
    rows = rasters.reshape(len(rasters), -1).astype(float)
    rows = rows - rows.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(rows, axis=1, keepdims=True)
    rows = np.divide(rows, norm, out=np.zeros_like(rows), where=norm > 0)
    return rows @ rows.T


MEASURES: dict[str, Callable[[Rasters], Matrix]] = {
    "mutual_information": mutual_information,
    "normalised_mutual_information": normalised_mutual_information,
    "cross_correlation": cross_correlation,
}


def between_patients(
    similarity: Float[np.ndarray, "scan scan"], patient_of_scan: Int[np.ndarray, " scan"]
) -> Float[np.ndarray, "patient patient"]:
    """Mean similarity of the scans of one patient to those of another, patients numbered from 0."""
    weights = patient_weights(patient_of_scan)
    return weights @ similarity @ weights.T


def _levels(rasters: Rasters) -> Int[np.ndarray, "scan voxel"]:
    flat = rasters.reshape(len(rasters), -1)
    return np.clip((flat * LEVELS).astype(int), 0, LEVELS - 1)


def _information(counts: Float[np.ndarray, "scan a b"]) -> Float[np.ndarray, " scan"]:
    """Sum of p(a, b) log p(a, b) / (p(a) p(b)), of each of several tables of joint counts."""
    joint = counts.astype(float)
    joint /= joint.sum(axis=(1, 2), keepdims=True)
    apart = joint.sum(axis=2, keepdims=True) * joint.sum(axis=1, keepdims=True)
    return (xlogy(joint, joint) - xlogy(joint, apart)).sum(axis=(1, 2))
