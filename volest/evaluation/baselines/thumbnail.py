"""A 12 x 12 x 12 thumbnail: how much of the volume can be had without learning features."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from sklearn.kernel_ridge import KernelRidge

from volest.evaluation.baselines.log_volume_regression import LogVolumeRegression
from volest.evaluation.baselines.scan import BaselineScan

ALPHAS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
WIDTHS = (0.03, 0.1, 0.3, 1.0)
"""Of the kernel exp(-width * d), d the mean square difference of two thumbnails in units of the voxels' variance."""


class Thumbnail:
    """Kernel ridge regression with a Gaussian kernel on the voxels of the thumbnail."""

    def fit(self, training: Sequence[BaselineScan]) -> "Thumbnail":
        """Learn from the thumbnails of the training scans."""
        voxels = _features(training)
        variance = float(voxels.var(axis=0).mean()) or 1.0
        gammas = tuple(width / (variance * voxels.shape[1]) for width in WIDTHS)
        kernel_ridge = KernelRidge(kernel="rbf", gamma=gammas[1], alpha=ALPHAS[-1])
        grid = {"alpha": ALPHAS, "gamma": gammas}
        self.regression = LogVolumeRegression(kernel_ridge, grid).fit(voxels, training)
        return self

    def predict(self, scans: Sequence[BaselineScan]) -> Float[np.ndarray, " scan"]:
        """Volumes in mL."""
        return self.regression.predict(_features(scans))


def _features(scans: Sequence[BaselineScan]) -> Float[np.ndarray, "scan voxel"]:
    return np.stack([scan.thumbnail.ravel() for scan in scans]).astype(float)
