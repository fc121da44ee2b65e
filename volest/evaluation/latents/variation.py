"""How much of what tells patients apart an autoencoder keeps."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float


def spread_between_patients(
    rasters: Float[np.ndarray, "scan voxel"], fans: Bool[np.ndarray, "scan voxel"], patient_ids: Sequence[str]
) -> Float[np.ndarray, " scan"]:
    """Root mean square distance of each scan to those of other patients, averaged over them.

    The spread of the reconstructions relative to that of their inputs is the individual variation: 1 where they differ
    as much as the scans do, 0 where every patient gets the same picture.

    Args:
        rasters: voxels of each scan.
        fans: which of them were seen; two scans are held against each other where both were.
        patient_ids: whose scan each is.

    Returns:
        Per scan, in the unit of the voxels; 0 where there is no other patient.
    """
    patients = np.asarray(patient_ids)
    others = patients[:, None] != patients
    seen, inside = fans.astype(float), rasters * fans
    squares = np.square(inside) @ seen.T + seen @ np.square(inside).T - 2 * inside @ inside.T
    distances = np.sqrt(np.maximum(squares, 0.0) / np.maximum(seen @ seen.T, 1.0))
    total: Float[np.ndarray, " scan"] = (distances * others).sum(axis=1)
    return total / np.maximum(others.sum(axis=1), 1)
