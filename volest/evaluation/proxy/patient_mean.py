"""What is known of scans, as means over the scans of each patient."""

import numpy as np
from jaxtyping import Float, Int


def patient_weights(patient_of_scan: Int[np.ndarray, " scan"]) -> Float[np.ndarray, "patient scan"]:
    """Matrix that turns a row per scan into the mean row per patient, however often each was scanned.

    Args:
        patient_of_scan: number of each scan's patient, from 0, none left out.
    """
    belongs = np.eye(patient_of_scan.max() + 1)[patient_of_scan].T
    return belongs / belongs.sum(axis=1, keepdims=True)
