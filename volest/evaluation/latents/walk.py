"""A walk through a latent space from small volumes to large ones."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from volest.records.latents import FoldLatents

STEPS = 5
REACH = 0.05
"""Share of the training scans with smaller volumes than the first step, and with larger ones than the last."""


@dataclass(frozen=True, eq=False)
class Walk:
    """Stations of the walk.

    Attributes:
        volumes_ml: equally far apart in log volume.
        vectors: the latent to expect of each, a row per station.
    """

    volumes_ml: Float[np.ndarray, " station"]
    vectors: Float[np.ndarray, "station feature"]


@dataclass(frozen=True, eq=False)
class DrawnWalk:
    """What a decoder makes of the stations.

    Attributes:
        rasters: standardised intensities.
    """

    volumes_ml: Float[np.ndarray, " station"]
    rasters: Float[np.ndarray, "station i j k"]


def volume_walk(latents: FoldLatents, volume_ml: Mapping[str, float], steps: int = STEPS) -> Walk:
    """The mean latent of training scans of each volume: the regression of every feature on log volume.

    Not the weights of a probe, which also cancel what disturbs it and lead out of the data (Haufe et al., On the
    interpretation of weight vectors of linear models in multivariate neuroimaging, NeuroImage 2014).

    Args:
        latents: of one fold.
        volume_ml: reference of each scan, by scan_id.
        steps: stations.
    """
    log_volume = np.log([volume_ml[scan_id] for scan_id in latents.scan_ids])[latents.training]
    vectors = latents.vectors[latents.training]
    centred = log_volume - log_volume.mean()
    slope = centred @ (vectors - vectors.mean(axis=0)) / max(float(centred @ centred), 1e-12)
    smallest, largest = np.quantile(log_volume, [REACH, 1 - REACH]).tolist()
    stations = np.linspace(smallest, largest, steps)
    return Walk(np.exp(stations), vectors.mean(axis=0) + np.outer(stations - log_volume.mean(), slope))
