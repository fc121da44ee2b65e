"""How far a scan lies from the training scans, trait by trait."""

import numpy as np
from jaxtyping import Float
from scipy.linalg import pinvh
from sklearn.covariance import LedoitWolf

Rows = Float[np.ndarray, "scan number"]

LEAST_SD = {"size": 0.1, "grey levels": 0.02, "sharpness": 0.1, "layout": 0.02, "drawn shape": 0.02}
"""In the traits' own units: what varies less in the training is no reason to call a scan unlike it."""

LEAST_RELATIVE_SD = 0.1
"""Of the other traits, features of a network, whose unit is their typical standard deviation."""


HARDLY = 0.1
"""Of the least standard deviation: below, all scans had one value, of one protocol say, but for rounding."""


class TraitDistance:
    """Mahalanobis distance to the mean of the training scans, as in Lee et al., NeurIPS 2018, without classes.

    The covariance is shrunk (Ledoit & Wolf, J. Multivariate Anal. 88:365, 2004): there are more numbers than scans. A
    number that hardly varies is taken to vary as much as it has to: what its training scans lack of that variance is
    added to the covariance, and no scan lies nearer than scans that varied by so much would on average.
    """

    def __init__(self, name: str, training: Rows) -> None:
        """Learn what is usual from the trait `name` of the training scans."""
        training = training.astype(float)
        sd = training.std(axis=0)
        floor = LEAST_SD.get(name, LEAST_RELATIVE_SD * float(np.median(sd)))
        self._mean, self._sd = training.mean(axis=0), np.maximum(sd, max(floor, 1e-6))
        share = sd / self._sd
        lacking = np.where(share < HARDLY, 1 - share**2, 0.0)
        fitted = LedoitWolf(assume_centered=True).fit((training - self._mean) / self._sd)
        self._precision, self._least = pinvh(fitted.covariance_ + np.diag(lacking)), float(np.sqrt(lacking.mean()))

    @property
    def size(self) -> int:
        """Numbers of the trait."""
        return len(self._mean)

    def __call__(self, trait: Float[np.ndarray, " number"]) -> float:
        """About 1 for a training scan, in standard deviations."""
        z = (trait - self._mean) / self._sd
        return max(float(np.sqrt(z @ self._precision @ z / len(z))), self._least)
