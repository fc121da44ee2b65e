"""The mean of the training patients: what is known before a scan is looked at."""

from collections import defaultdict
from collections.abc import Iterable, Sized

import numpy as np
from jaxtyping import Float

from volest.evaluation.baselines.scan import Referenced


class Mean:
    """One number for every scan: the mean over training patients of each patient's mean volume.

    The patient is the unit: one who was scanned fifteen times does not count fifteen times.
    """

    def fit(self, training: Iterable[Referenced]) -> "Mean":
        """Learn the mean."""
        volumes_ml: dict[str, list[float]] = defaultdict(list)
        for scan in training:
            volumes_ml[scan.patient_id].append(scan.volume_ml)
        self.mean_ml = float(np.mean([np.mean(of_patient) for of_patient in volumes_ml.values()]))
        return self

    def predict(self, scans: Sized) -> Float[np.ndarray, " scan"]:
        """The mean, in mL, for each scan."""
        return np.full(len(scans), self.mean_ml)
