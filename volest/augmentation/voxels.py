"""The array that every transform takes and gives."""

import numpy as np
from jaxtyping import Float32

Voxels = Float32[np.ndarray, "i j k"]
"""Intensities in [0, 1]; 0 is the background outside the fan."""
