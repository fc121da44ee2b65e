"""The gate of NIfTI files (.nii, .nii.gz), through nibabel: voxels as stored, positions in RAS+ mm."""

import gzip
import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nibabel
import numpy as np
from nibabel.nifti1 import Nifti1Header, Nifti1Image
from nibabel.nifti2 import Nifti2Header
from numpy.typing import NDArray

from volest import geometry
from volest.geometry import Affine
from volest.images.faults import Refusal, faults_named
from volest.images.frame import affine_to_ras
from volest.images.header import ImageHeader
from volest.images.image import Image
from volest.images.limits import LONGEST_HEADER_BYTES, refuse_oversize
from volest.images.regular_file import require_regular
from volest.images.volume_shape import volume_shape

_CHUNK_BYTES = 2**20
_UNSEEN_BYTES = 2**26
"""Of voxels, for which memory may be taken before it is known that they are there."""

_LARGEST_DISAGREEMENT = 0.01
"""Relative difference of two spacings that is still rounding; cubed, it is 3% of a volume."""


def read_nifti(path: Path) -> Image:
    """Read a 3D raster; the type of its voxels is kept unless the header scales them.

    Raises:
        ScanError: as `read_nifti_header`, or the voxels are truncated or garbled.
    """
    with faults_named(path, "NIfTI"), _quiet():
        nifti = _opened(path)
        header = _interpreted(nifti)
        _require_length(path, nifti)
        voxels = np.asanyarray(nifti.dataobj).reshape(header.shape)
    with np.errstate(over="ignore"):  # beyond float32 voxels become infinite, which the audit reports
        return Image(voxels.astype(header.dtype, copy=False), header.affine)


def read_nifti_header(path: Path) -> ImageHeader:
    """Read what the file says of itself; no voxel is touched. Its free texts may hold names and are left out.

    Raises:
        ScanError: no such file, no NIfTI header, not 3 spatial axes, no spacing or two that disagree, voxels that are
            no plain numbers, or more of them than fit.
    """
    with faults_named(path, "NIfTI"), _quiet():
        return _interpreted(_opened(path))


def nifti_files(path: Path) -> tuple[Path, ...]:
    """The one file.

    Raises:
        ScanError: it is missing.
    """
    with faults_named(path, "NIfTI"):
        require_regular(path)
    return (path,)


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold back what nibabel prints of a damaged header: the ScanError says it."""
    logger = logging.getLogger("nibabel.global")  # its own LoggingOutputSuppressor never gives the handler back
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


def _opened(path: Path) -> Nifti1Image:
    require_regular(path)
    _require_sound_start(path)
    nifti = nibabel.load(path, mmap=False)  # a mapped file that shrinks would end the process
    if not isinstance(nifti, Nifti1Image):  # NIfTI-2 is one too
        raise ValueError("its header is of another format")
    return nifti


def _require_sound_start(path: Path) -> None:
    """Refuse what nibabel would not: it keeps all that lies before the voxels, and takes a spacing of 0 for 1 mm."""
    with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
        start = file.read(Nifti2Header.sizeof_hdr)
    for kind in (Nifti1Header, Nifti2Header):
        if len(start) < kind.sizeof_hdr:
            continue
        header = kind(start[: kind.sizeof_hdr], check=False)
        if header["sizeof_hdr"] == kind.sizeof_hdr:
            if not 0 <= header["vox_offset"] <= LONGEST_HEADER_BYTES:
                raise ValueError(f"its voxels are said to begin at byte {header['vox_offset']:g}")
            _require_spacing(header["pixdim"][1:4])
            return
    raise ValueError("it does not begin with the header of one")


def _require_spacing(pixdim: NDArray[np.floating]) -> None:
    if not (np.isfinite(pixdim).all() and pixdim.all()):
        raise Refusal(
            f"its header gives no spacing (pixdim {pixdim.tolist()}), so that its millilitres are unknown. "
            "Export it with its spacing in mm"
        )


def _interpreted(nifti: Nifti1Image) -> ImageHeader:
    dtype = _dtype(nifti)
    shape = volume_shape(nifti.shape, "time point or channel")
    refuse_oversize(shape)
    return ImageHeader(shape, _affine(nifti), dtype, {}, _unit(nifti))


def _require_length(path: Path, nifti: Nifti1Image) -> None:
    """Refuse a large scan that ends early: nibabel takes memory for what the header says before it reads."""
    voxel_bytes = math.prod(nifti.shape) * nifti.get_data_dtype().itemsize
    if voxel_bytes <= _UNSEEN_BYTES:
        return
    expected, found = int(nifti.dataobj.offset) + voxel_bytes, 0
    if path.suffix.lower() == ".gz":
        with gzip.open(path) as file:
            while found < expected and (chunk := file.read(_CHUNK_BYTES)):
                found += len(chunk)
    else:
        found = path.stat().st_size
    if found < expected:
        raise ValueError(f"it holds {found} of {expected} bytes")


def _dtype(nifti: Nifti1Image) -> np.dtype:
    stored = nifti.get_data_dtype().newbyteorder("=")
    if stored.kind not in "iuf":
        raise Refusal(f"its voxels are of type {stored}; expected integers or floating-point numbers")
    scaled = (nifti.dataobj.slope, nifti.dataobj.inter) != (1.0, 0.0)
    return np.dtype(np.float32) if scaled and stored.itemsize < 8 else np.dtype(np.float64) if scaled else stored


def _unit(nifti: Nifti1Image) -> str:
    """Of length, empty where the header names none, which is taken for mm."""
    unit, _ = nifti.header.get_xyzt_units()
    return "" if unit == "unknown" else unit


def _affine(nifti: Nifti1Image) -> Affine:
    pixdim = np.abs(nifti.header["pixdim"][1:4].astype(float))
    affine = nifti.affine
    # nibabel follows the sform, ITK the qform and pixdim: where they differ, a volume would depend on the reader.
    with np.errstate(over="ignore"):  # 1e200 mm are refused below, not warned of
        spacing = geometry.spacing_mm(affine)
    if not np.allclose(spacing, pixdim, rtol=_LARGEST_DISAGREEMENT, atol=0):
        raise Refusal(
            f"its header gives two spacings: {np.round(spacing, 6).tolist()} by its affine and "
            f"{np.round(pixdim, 6).tolist()} by pixdim. Correct the wrong one"
        )
    try:
        return affine_to_ras(affine[:3, :3], affine[:3, 3], "RAS", [_unit(nifti)] * 3)
    except ValueError as error:
        raise Refusal(str(error)) from None
