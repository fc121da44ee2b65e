"""The arrays that transforms take and give: intensities in [0, 1], where 0 is the background outside the fan."""

import numpy as np
from jaxtyping import Float32
from torch import Tensor

Voxels = Float32[np.ndarray, "i j k"]
"""A scan as the rest of the house knows it."""

Scan = Float32[Tensor, "i j k"]
"""A scan on the device."""

Channels = Float32[Tensor, "channels i j k"]
"""A scan and what goes with it; the first channel holds the intensities."""

Displacement = Float32[Tensor, "3 i j k"]
"""Of each output voxel along i, j, k, in voxels."""

Batch = Float32[Tensor, "batch channels i j k"]
"""Scans on the device; the first channel holds the intensities."""
