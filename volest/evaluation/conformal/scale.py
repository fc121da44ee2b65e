"""How large an error is for a scan that the network doubts: locally weighted conformal prediction."""

import numpy as np
from jaxtyping import Float

from volest.records.intervals import Calibration


def scale_of(calibration: Calibration, doubt: float | None) -> float:
    """What the errors of a scan are measured in; 1 where errors are not scaled.

    Doubt and the median doubt of held-out scans (Lei et al. 2018, J. Am. Stat. Assoc. 113:1094, section 5.2, with the
    damping term of Johansson et al. 2014, Mach. Learn. 97:155): no scan is so sure that its error must be nothing.

    Args:
        calibration: of held-out scans.
        doubt: about the scan, in the unit of its deviations; None where nobody has asked the network.
    """
    if calibration.scaled_by is None:
        return 1.0
    return np.nan if doubt is None else doubt + float(np.median(calibration.doubts))


def scaled_deviations(calibration: Calibration) -> Float[np.ndarray, " scan"]:
    """The errors of held-out scans, each over its scale."""
    if calibration.scaled_by is None:
        return np.array(calibration.deviations)
    return np.array(calibration.deviations) / [scale_of(calibration, doubt) for doubt in calibration.doubts]
