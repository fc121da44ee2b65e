"""The header alone: what spacing and shape betray of the volume without a look at a voxel."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from volest.evaluation.baselines.log_volume_regression import LogVolumeRegression
from volest.evaluation.baselines.scan import BaselineScan

ALPHAS = (0.1, 1.0, 10.0, 100.0)


class Header:
    """Ridge regression on the logarithms of spacing, shape and field of view.

    A network that does no better may read how the operator set the depth, not the structure.
    """

    def fit(self, training: Sequence[BaselineScan]) -> "Header":
        """Learn from the headers of the training scans."""
        ridge = make_pipeline(StandardScaler(), Ridge())
        self.regression = LogVolumeRegression(ridge, {"ridge__alpha": ALPHAS}).fit(_features(training), training)
        return self

    def predict(self, scans: Sequence[BaselineScan]) -> Float[np.ndarray, " scan"]:
        """Volumes in mL."""
        return self.regression.predict(_features(scans))


def _features(scans: Sequence[BaselineScan]) -> Float[np.ndarray, "scan 7"]:
    return np.log([[*scan.spacing_mm, *scan.shape, scan.field_of_view_ml] for scan in scans])
