"""Which files are scans, and who reads them."""

from pathlib import Path

from volest.errors import ScanError
from volest.images.header import ImageHeader
from volest.images.image import Image
from volest.images.nrrd import nrrd_files, read_nrrd, read_nrrd_header
from volest.records.manifest import file_sha256

SUFFIXES = (".nrrd", ".nhdr")


def read_image(path: Path) -> Image:
    """Read a scan of any known format.

    Raises:
        ScanError: the suffix is unknown, or the file is no scan that can be used.
    """
    _require_known(path)
    return read_nrrd(path)


def read_header(path: Path) -> ImageHeader:
    """Read what a scan says of itself, without its voxels.

    Raises:
        ScanError: as `read_image`.
    """
    _require_known(path)
    return read_nrrd_header(path)


def scan_sha256(path: Path) -> str:
    """SHA-256 of a scan: of its file, and of the voxels beside it too where its header is detached.

    Headers of two scans may be equal to the byte, so that the hash of the header alone would take one for the other.

    Raises:
        ScanError: as `read_header`, or the voxels are missing.
    """
    _require_known(path)
    return file_sha256(*nrrd_files(path))


def find_scans(folder: Path) -> list[Path]:
    """Every scan below `folder`, in the order of its path; hidden files and folders are left out.

    Raises:
        ScanError: no such folder.
    """
    if not folder.is_dir():
        raise ScanError(f"{folder} is no folder. Name the folder that holds the scans.")
    found = (path for path in folder.rglob("*") if path.name.lower().endswith(SUFFIXES) and path.is_file())
    return sorted(path for path in found if not any(p.startswith(".") for p in path.relative_to(folder).parts))


def scan_stem(path: Path) -> str:
    """Name of a file without the suffix of its format."""
    known = [suffix for suffix in SUFFIXES if path.name.lower().endswith(suffix)]
    return path.name[: -len(known[0])] if known else path.name


def _require_known(path: Path) -> None:
    if not path.name.lower().endswith(SUFFIXES):
        raise ScanError(
            f"scan {path}: files that end in {path.suffix or 'no suffix'!r} are not read; "
            f"expected {' or '.join(SUFFIXES)}. Export the scan in one of these."
        )
