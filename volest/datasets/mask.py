"""The mask of a scan, where it can be laid over it."""

import numpy as np

from volest.datasets.mask_volume import agrees, label_volumes_ml
from volest.errors import ScanError
from volest.images.formats import read_header, read_image
from volest.images.image import Image
from volest.records.manifest import Scan

GRID_TOLERANCE = 0.05
"""Two grids are one where no voxel of theirs lies farther apart than this part of a voxel."""


def read_mask(scan: Scan) -> Image:
    """The mask of `scan`, voxel for voxel on its raster.

    Raises:
        ScanError: a mask that cannot be read, lies on another raster, or holds several labels which are not the
            reference all together: nothing tells which of them is the structure.
    """
    assert scan.mask_path is not None
    mask, header = read_image(scan.mask_path).nearest_ras(), read_header(scan.path)
    unread = Image(np.broadcast_to(np.uint8(0), header.shape), header.affine)  # a shape without memory
    if not lies_on(mask, unread.nearest_ras()):
        raise ScanError(
            f"scan {scan.scan_id!r}: its mask {scan.mask_path} lies on another raster (shape {mask.shape} against "
            f"{header.shape}, or another place). Export it on the raster of the scan, or empty its mask_path."
        )
    volumes_ml = label_volumes_ml(mask)
    if len(volumes_ml) > 1 and not agrees(scan.volume_ml, sum(volumes_ml.values())):
        raise ScanError(
            f"scan {scan.scan_id!r}: its mask {scan.mask_path} holds {len(volumes_ml)} labels of "
            f"{sum(volumes_ml.values()):.4g} mL together, its reference is {scan.volume_ml:g} mL. Keep the label of "
            "the structure alone, or empty its mask_path."
        )
    return mask


def lies_on(mask: Image, image: Image) -> bool:
    """Whether both rasters, axes in the same order, have the same voxels in the same places."""
    if mask.shape != image.shape:
        return False
    corners = np.stack(np.meshgrid(*([0, n - 1] for n in image.shape), indexing="ij"), -1).reshape(-1, 3)
    apart_mm = corners @ (mask.affine - image.affine)[:3, :3].T + (mask.affine - image.affine)[:3, 3]
    return bool(np.abs(apart_mm).max() <= GRID_TOLERANCE * min(image.spacing_mm))
