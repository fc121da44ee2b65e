"""How good the picture is, in three figures."""

import numpy as np
from jaxtyping import Bool, Float

from volest.audit.intensity import measure_intensity
from volest.images.image import Image
from volest.records.image_quality import QualityRow

Voxels = Float[np.ndarray, "i j k"]


def measure_quality(scan_id: str, image: Image) -> QualityRow:
    """Of the voxels that are not background; all 0 where there are none."""
    measured = measure_intensity(image.voxels)
    voxels = np.nan_to_num(image.voxels.astype(np.float32), nan=measured.background)
    seen = voxels != measured.background
    if not seen.any() or measured.bright <= measured.low:
        return QualityRow(scan_id, 0.0, 0.0, 0.0)
    grey = np.clip((voxels - measured.low) / (measured.bright - measured.low), 0, 1)
    inside = grey[seen]
    return QualityRow(scan_id, float(inside.mean()), float(inside.std()), graininess(grey, seen))


def graininess(grey: Voxels, seen: Bool[np.ndarray, "i j k"]) -> float:
    """Mean squared difference of neighbours that are both seen, over twice the variance (Geary's c, of six neighbours).

    Geary, "The contiguity ratio and statistical mapping", The Incorporated Statistician 1954.
    """
    total, pairs = 0.0, 0
    for axis in range(3):
        along, known = (np.moveaxis(field, axis, 0) for field in (grey, seen))
        both = known[1:] & known[:-1]
        total += float(np.square(along[1:] - along[:-1])[both].sum(dtype=np.float64))
        pairs += int(both.sum())
    variance = float(grey[seen].var(dtype=np.float64))
    return total / pairs / (2 * variance) if pairs and variance > 0 else 0.0
