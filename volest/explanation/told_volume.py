"""A volume that can be explained is a number."""

import math

from volest.errors import ScanError


def require_told(volume_ml: float, of: str, at_least_ml: float = -math.inf) -> float:
    """The volume itself.

    Args:
        volume_ml: what a run tells.
        of: of what, in words.
        at_least_ml: what lies at it or below cannot be divided by, or has no logarithm.

    Raises:
        ScanError: it is no number, or too small a one.
    """
    if not (math.isfinite(volume_ml) and volume_ml > at_least_ml):
        raise ScanError(
            f"the run tells {volume_ml:.3g} mL of {of}, so that there is nothing to explain: see `volest diagnose`, "
            "and train the fold that tells it again."
        )
    return volume_ml
