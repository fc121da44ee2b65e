"""What a file says of its scan before any voxel is read."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from volest.geometry import Affine, Shape


@dataclass(frozen=True)
class ImageHeader:
    """The same for every format.

    Attributes:
        shape: voxels along i, j, k.
        affine: index (i, j, k) to RAS+ mm.
        dtype: of the voxels, in the byte order of this machine.
        fields: what else the header tells, as text: key/value pairs of NRRD, chosen attributes of DICOM.
        stated_unit: of length, as the file names it ("cm"); empty where it names none. The affine has heeded it.
    """

    shape: Shape
    affine: Affine
    dtype: np.dtype
    fields: Mapping[str, str]
    stated_unit: str = ""
