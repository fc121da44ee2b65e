"""What can be said of a scan from its file and header alone."""

from dataclasses import dataclass

from volest.errors import ScanError
from volest.geometry import Shape, field_of_view_ml, spacing_mm
from volest.images.formats import read_header
from volest.records.manifest import Scan, file_sha256


@dataclass(frozen=True)
class ScanFacts:
    """Identity and size of one scan.

    Attributes:
        sha256: of the file.
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
        ScanError: the file is missing, or its header cannot be used.
    """
    try:
        header = read_header(scan.path)
    except ScanError as error:  # the reader knows the file alone
        raise ScanError(f"scan_id {scan.scan_id!r}: {error}") from None
    return ScanFacts(
        sha256=file_sha256(scan.path),
        shape=header.shape,
        spacing_mm=spacing_mm(header.affine),
        field_of_view_ml=field_of_view_ml(header.shape, header.affine),
    )
