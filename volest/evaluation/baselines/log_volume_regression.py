"""Regression of the logarithm of the volume on a table of features; its hyper-parameters are chosen inside."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV, GroupKFold

from volest.evaluation.baselines.scan import Referenced

INNER_FOLDS = 5

Features = Float[np.ndarray, "scan feature"]


class LogVolumeRegression:
    """A scikit-learn regressor on log(volume_ml), standardised on the training scans.

    Its hyper-parameters are chosen by grouped cross-validation over the training patients alone, by the mean absolute
    error of the log volume, which is a relative error of the volume.
    """

    def __init__(self, estimator: BaseEstimator, grid: Mapping[str, Sequence[float]]) -> None:
        """Hold an unfitted regressor and the values to choose its hyper-parameters from."""
        self.estimator, self.grid = estimator, grid

    def fit(self, features: Features, scans: Sequence[Referenced]) -> "LogVolumeRegression":
        """Choose the hyper-parameters, then fit all training scans with them."""
        log_volume = np.log([scan.volume_ml for scan in scans])
        self.mean, self.sd = float(log_volume.mean()), float(log_volume.std()) or 1.0
        target = (log_volume - self.mean) / self.sd
        patients = [scan.patient_id for scan in scans]
        if len(set(patients)) < 2:  # nothing to choose on
            self.fitted = self.estimator.fit(features, target)
        else:
            folds = GroupKFold(min(INNER_FOLDS, len(set(patients))))
            search = GridSearchCV(self.estimator, dict(self.grid), scoring="neg_mean_absolute_error", cv=folds)
            self.fitted = search.fit(features, target, groups=patients)
        return self

    def predict(self, features: Features) -> Float[np.ndarray, " scan"]:
        """Volumes in mL."""
        return np.exp(np.asarray(self.fitted.predict(features)) * self.sd + self.mean)
