"""What a network's target is made of, from the references."""

from collections.abc import Iterable, Mapping

import numpy as np
from jaxtyping import Float

from volest.records.headers import HeaderRow
from volest.records.manifest import Scan
from volest.records.model import TargetKind, TargetScaling


def quantities(
    scans: Iterable[Scan], kind: TargetKind, headers: Mapping[str, HeaderRow]
) -> Float[np.ndarray, " scan"] | None:
    """mL, log mL, or the same of the fraction of the field of view; None where a field of view is not recorded."""
    raw = TargetScaling(kind=kind, mean=0.0, sd=1.0)
    scans = list(scans)
    if not kind.endswith("fraction"):
        return np.array([raw.encode(scan.volume_ml, 1.0) for scan in scans], dtype=float)
    if any(scan.scan_id not in headers for scan in scans):
        return None
    return np.array([raw.encode(s.volume_ml, headers[s.scan_id].field_of_view_ml) for s in scans], dtype=float)
