"""What can be said of a scan before it is preprocessed: its identity and its size."""

import hashlib
from dataclasses import dataclass

import numpy as np

from volest.errors import ScanError
from volest.geometry import Shape
from volest.images.formats import read_header, scan_sha256
from volest.images.image import Image
from volest.records.manifest import Scan


@dataclass(frozen=True)
class ScanFacts:
    """Identity and size of one scan, its axes i, j, k taken nearest to right, anterior, superior.

    Attributes:
        sha256: of its file or files.
        shape: voxels along i, j, k.
        spacing_mm: along i, j, k.
        field_of_view_ml: volume of the whole raster.
    """

    sha256: str
    shape: Shape
    spacing_mm: tuple[float, float, float]
    field_of_view_ml: float


def scan_facts(scan: Scan) -> ScanFacts:
    """Read the facts of a scan; its voxels are hashed, not decoded.

    Raises:
        ScanError: a file is missing, or its header cannot be used.
    """
    try:
        header, sha256 = read_header(scan.path), scan_sha256(scan.path)
    except ScanError as error:  # the reader knows the file alone
        raise ScanError(f"scan_id {scan.scan_id!r}: {error}") from None
    unread = np.broadcast_to(np.uint8(0), header.shape)  # a shape without memory
    return facts_of(Image(unread, header.affine), sha256)


def facts_of(image: Image, sha256: str) -> ScanFacts:
    """The facts of a scan that was read."""
    ras = image.nearest_ras()
    return ScanFacts(sha256, ras.shape, ras.spacing_mm, ras.field_of_view_ml)


def content_sha256(image: Image) -> str:
    """SHA-256 of shape, number type and voxels, which does not depend on how the file stores them."""
    digest = hashlib.sha256(repr((image.shape, image.voxels.dtype.str)).encode())
    digest.update(np.ascontiguousarray(image.voxels.T).data)
    return digest.hexdigest()
