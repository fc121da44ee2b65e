"""The covariates: what is known of the patient beside the scan, such as age or weight."""

from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Float
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from volest.evaluation.baselines.log_volume_regression import LogVolumeRegression
from volest.evaluation.baselines.scan import BaselineScan

ALPHAS = (0.1, 1.0, 10.0, 100.0)


def covariate_names(scans: Iterable[BaselineScan]) -> tuple[str, ...]:
    """Every covariate that at least one scan has, sorted."""
    return tuple(sorted({name for scan in scans for name in scan.covariates}))


class Covariates:
    """Ridge regression on the numeric covariates; a missing value is the mean of the training scans."""

    def __init__(self, names: Sequence[str]) -> None:
        """Use the covariates `names`."""
        self.names = tuple(names)

    def fit(self, training: Sequence[BaselineScan]) -> "Covariates":
        """Learn from the covariates of the training scans."""
        # A column that no training scan has stays, as zeros, so that the folds share one set of columns.
        ridge = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler(), Ridge())
        regression = LogVolumeRegression(ridge, {"ridge__alpha": ALPHAS})
        self.regression = regression.fit(self._features(training), training)
        return self

    def predict(self, scans: Sequence[BaselineScan]) -> Float[np.ndarray, " scan"]:
        """Volumes in mL."""
        return self.regression.predict(self._features(scans))

    def _features(self, scans: Sequence[BaselineScan]) -> Float[np.ndarray, "scan covariate"]:
        return np.array([[scan.covariates.get(name, np.nan) for name in self.names] for scan in scans], dtype=float)
