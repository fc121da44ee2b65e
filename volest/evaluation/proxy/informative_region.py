"""Where scans tell of the volume, known without masks."""

import numpy as np
from jaxtyping import Float, Int

from volest.evaluation.proxy.patient_mean import patient_weights

Box = tuple[slice, slice, slice]


def informative_region(
    thumbnails: Float[np.ndarray, "scan n n n"],
    volumes_ml: Float[np.ndarray, " scan"],
    patient_of_scan: Int[np.ndarray, " scan"],
    edge: int,
) -> Box:
    """The cube of `edge` voxels in which grey levels follow the volume most.

    A voxel counts by |covariance| of its grey level with log volume over patients: how far it varies times how far
    that goes with the volume. Variance alone finds the edge of the fan, correlation alone finds dim corners.

    Args:
        thumbnails: of training scans, in [0, 1].
        volumes_ml: of their structures.
        patient_of_scan: number of each scan's patient, from 0; a patient counts once, however often scanned.
        edge: at most n.
    """
    weights = patient_weights(patient_of_scan)
    log_volume, grey = weights @ np.log(volumes_ml), np.tensordot(weights, thumbnails, axes=1)
    evidence = np.abs(np.tensordot(log_volume - log_volume.mean(), grey - grey.mean(axis=0), axes=1))
    held = np.lib.stride_tricks.sliding_window_view(evidence, (edge, edge, edge)).sum(axis=(3, 4, 5))
    i, j, k = (int(place) for place in np.unravel_index(held.argmax(), held.shape))
    return slice(i, i + edge), slice(j, j + edge), slice(k, k + edge)
