"""Which files are scans, and who reads them."""

import stat
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from volest.errors import ScanError
from volest.images.header import ImageHeader
from volest.images.image import Image
from volest.records.manifest import file_sha256


class Reader(NamedTuple):
    """What a format can do; each raises ScanError, which names the scan.

    Attributes:
        read: the whole scan.
        read_header: what it says of itself, without its voxels.
        files: those it is made of.
    """

    read: Callable[[Path], Image]
    read_header: Callable[[Path], ImageHeader]
    files: Callable[[Path], tuple[Path, ...]]


@dataclass(frozen=True)
class Format:
    """One kind of scan; a new one is one entry in `FORMATS`.

    Attributes:
        name: for the user.
        suffixes: in lower case, with the dot.
        reader: called at the first scan, so that its libraries are loaded no sooner.
        extra: of this package, that brings those libraries; None where they always come along.
    """

    name: str
    suffixes: tuple[str, ...]
    reader: Callable[[], Reader]
    extra: str | None = None


def _nrrd() -> Reader:
    from volest.images.nrrd import nrrd_files, read_nrrd, read_nrrd_header

    return Reader(read_nrrd, read_nrrd_header, nrrd_files)


def _nifti() -> Reader:
    from volest.images.nifti import nifti_files, read_nifti, read_nifti_header

    return Reader(read_nifti, read_nifti_header, nifti_files)


def _simpleitk() -> Reader:
    from volest.images.simpleitk import read_simpleitk, read_simpleitk_header, simpleitk_files

    return Reader(read_simpleitk, read_simpleitk_header, simpleitk_files)


def _npy() -> Reader:
    from volest.images.npy import npy_files, read_npy, read_npy_header

    return Reader(read_npy, read_npy_header, npy_files)


def _dicom() -> Reader:
    from volest.images.dicom import dicom_files, read_dicom, read_dicom_header

    return Reader(read_dicom, read_dicom_header, dicom_files)


DICOM = Format("DICOM", (".dcm", ".dicom"), _dicom, extra="dicom")

FORMATS = (
    Format("NRRD", (".nrrd", ".nhdr"), _nrrd),
    Format("NIfTI", (".nii", ".nii.gz"), _nifti),
    Format("MetaImage", (".mha", ".mhd"), _simpleitk),
    Format("GIPL", (".gipl", ".gipl.gz"), _simpleitk),
    Format("NumPy", (".npy",), _npy),
    DICOM,
)

SUFFIXES = tuple(suffix for known in FORMATS for suffix in known.suffixes)


def read_image(path: Path) -> Image:
    """Read a scan of any known format.

    Raises:
        ScanError: the suffix is unknown, or the file is no scan that can be used.
    """
    return _reader(path).read(path)


def read_header(path: Path) -> ImageHeader:
    """Read what a scan says of itself, without its voxels.

    Raises:
        ScanError: as `read_image`.
    """
    return _reader(path).read_header(path)


def scan_sha256(path: Path) -> str:
    """SHA-256 of a scan: of its file, and of every other file it is made of.

    Detached headers of two scans may be equal to the byte, so that the hash of the header alone would take one for the
    other; a DICOM series is its slices.

    Raises:
        ScanError: as `read_header`, or a file is missing.
    """
    return file_sha256(*_reader(path).files(path))


def find_scans(folder: Path) -> list[Path]:
    """Every scan below `folder`, in the order of its path; hidden files and folders are left out.

    A folder that holds two or more DICOM files of one frame each is one scan, a series, and listed in their place.

    Raises:
        ScanError: no such folder.
    """
    if not folder.is_dir():
        raise ScanError(f"{folder} is no folder. Name the folder that holds the scans.")
    files = [path for path in folder.rglob("*") if not _is_hidden(path, folder) and path.is_file()]
    dicom = {path for path in files if _is_dicom_file(path)}
    others = [path for path in files if path not in dicom and path.name.lower().endswith(SUFFIXES)]
    return sorted([*others, *_series_folded(dicom)])


def scan_stem(path: Path) -> str:
    """Name of a file without the suffix of its format."""
    # The longest first, as .nii.gz would else leave .nii behind.
    known = [suffix for suffix in sorted(SUFFIXES, key=len, reverse=True) if path.name.lower().endswith(suffix)]
    return path.name[: -len(known[0])] if known else path.name


def _reader(path: Path) -> Reader:
    _require_content(path)
    found = _format(path)
    try:
        return found.reader()
    except ModuleNotFoundError as error:
        if found.extra is None:
            raise
        raise ScanError(
            f"scan {path}: reading {found.name} needs {(error.name or '').partition('.')[0]}, which is not installed. "
            f"Install it with `pip install 'volest[{found.extra}]'`."
        ) from None


def _require_content(path: Path) -> None:
    """Refuse a pipe or a device, which would be read forever, and a file of no bytes."""
    try:
        status = path.stat()
    except (OSError, ValueError):  # the reader says what is missing
        return
    mode = status.st_mode
    if stat.S_ISREG(mode) and status.st_size == 0:
        raise ScanError(f"scan {path} is empty: the file has 0 bytes. Copy or export it again.")
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise ScanError(f"scan {path} is neither a file nor a folder, but a pipe or device. Name the file itself.")


def _format(path: Path) -> Format:
    name = path.name.lower()
    for known in FORMATS:
        if name.endswith(known.suffixes) and not path.is_dir():
            return known
    if path.is_dir() or _is_dicom_file(path):
        return DICOM
    kind = f"that end in {path.suffix!r}" if path.suffix else "without a suffix"
    raise ScanError(
        f"scan {path}: files {kind} are not read; "
        f"expected {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}. Export the scan in one of these."
    )


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _is_dicom_file(path: Path) -> bool:
    """By its suffix, or, as archives write DICOM without one, by the mark behind its preamble."""
    if path.name.lower().endswith(DICOM.suffixes):
        return True
    if path.name.upper() == "DICOMDIR" or not (path.suffix == "" or path.suffix[1:].isdigit()) or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return file.read(132)[128:] == b"DICM"
    except OSError:
        return False


def _series_folded(files: Collection[Path]) -> Iterator[Path]:
    """DICOM files, those of single frames replaced by their folder where it holds several."""
    try:
        from volest.images.dicom import frames_in
    except ModuleNotFoundError:  # reading one of them says what to install
        yield from files
        return
    single = {path for path in files if frames_in(path) == 1}
    series = {folder for folder, count in Counter(path.parent for path in single).items() if count > 1}
    yield from (path for path in files if not (path in single and path.parent in series))
    yield from series
