"""The gate of MetaImage (.mha, .mhd) and GIPL (.gipl, .gipl.gz). Nothing else knows SimpleITK."""

import contextlib
import gzip
import math
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813 - its own documentation calls it so

from volest.geometry import Affine
from volest.images.faults import Refusal, faults_named
from volest.images.frame import affine_to_ras
from volest.images.header import ImageHeader
from volest.images.image import Image
from volest.images.limits import refuse_oversize
from volest.images.metaimage import (
    metaimage_fields,
    metaimage_voxels,
    read_metaimage_text,
    require_complete,
    require_single_volume,
    require_spacing,
)
from volest.images.metaimage_numbers import require_numbers
from volest.images.regular_file import require_regular
from volest.images.volume_shape import volume_shape

_DTYPES = {
    getattr(sitk, f"sitk{name}"): np.dtype(dtype)
    for name, dtype in {
        **{f"{sign}Int{bits}": f"{sign.lower()}int{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)},
        **{"Float32": "float32", "Float64": "float64"},
    }.items()
}
_GIPL_HEADER_BYTES = 256
_CHUNK_BYTES = 2**20

_stderr_lock = threading.Lock()


def read_simpleitk(path: Path) -> Image:
    """Read a 3D raster; the type of its voxels is kept.

    Raises:
        ScanError: as `read_simpleitk_header`, or the voxels are truncated or garbled.
    """
    with faults_named(path, _kind(path)):
        reader, header = _opened(path)
        expected_bytes = math.prod(header.shape) * header.dtype.itemsize
        if _is_gipl(path):
            _require_length(path, _GIPL_HEADER_BYTES + expected_bytes)
        else:
            text = read_metaimage_text(path)
            require_complete(path, text, metaimage_voxels(path, text.entries), expected_bytes)
        with _standard_error_silent():
            voxels = sitk.GetArrayFromImage(reader.Execute())
    return Image(voxels.reshape(header.shape[::-1]).transpose(2, 1, 0), header.affine)


def read_simpleitk_header(path: Path) -> ImageHeader:
    """Read what the file says of itself; no voxel is touched.

    Raises:
        ScanError: no such file, not 3 spatial axes, no spacing, voxels that are no plain numbers or more of them than
            fit, or voxels in several files or outside the folder.
    """
    with faults_named(path, _kind(path)):
        return _opened(path)[1]


def simpleitk_files(path: Path) -> tuple[Path, ...]:
    """The files that one scan is made of: itself, and the one that holds its voxels where the header is detached.

    Raises:
        ScanError: one of them is missing, or lies outside the folder.
    """
    with faults_named(path, _kind(path)):
        require_regular(path)
        voxels = None if _is_gipl(path) else metaimage_voxels(path, read_metaimage_text(path).entries)
        return (path,) if voxels is None else (path, voxels)


def _is_gipl(path: Path) -> bool:
    return path.name.lower().endswith((".gipl", ".gipl.gz"))


def _kind(path: Path) -> str:
    return "GIPL" if _is_gipl(path) else "MetaImage"


def _opened(path: Path) -> tuple[sitk.ImageFileReader, ImageHeader]:
    require_regular(path)
    fields: dict[str, str] = {}
    if not _is_gipl(path):
        text = read_metaimage_text(path).entries
        require_single_volume(text)
        require_spacing(text)
        require_numbers(text)
        metaimage_voxels(path, text)
        fields = metaimage_fields(text)
    reader = sitk.ImageFileReader()
    reader.SetImageIO("GiplImageIO" if _is_gipl(path) else "MetaImageIO")  # never by content: the checks are by name
    reader.SetFileName(str(path))
    with _standard_error_silent():
        try:
            reader.ReadImageInformation()
        except RuntimeError as error:
            raise ValueError(_last_line(error)) from None
    return reader, _interpreted(reader, fields)


def _interpreted(reader: sitk.ImageFileReader, fields: dict[str, str]) -> ImageHeader:
    dtype = _DTYPES.get(reader.GetPixelID())
    if dtype is None or reader.GetNumberOfComponents() != 1:
        kind = sitk.GetPixelIDValueAsString(reader.GetPixelID())
        raise Refusal(f"its voxels are of type {kind!r}; expected one number each. Export one greyscale volume")
    shape = volume_shape(tuple(reader.GetSize()), "time point")
    refuse_oversize(shape)
    return ImageHeader(shape, _affine(reader), dtype, fields)


def _affine(reader: sitk.ImageFileReader) -> Affine:
    spacing = np.array(reader.GetSpacing()[:3])
    axes = reader.GetDimension()
    directions = np.array(reader.GetDirection()).reshape(axes, axes)[:3, :3]
    origin = np.array(reader.GetOrigin()[:3])
    if not (np.isfinite(spacing).all() and (spacing > 0).all()):
        raise Refusal(
            f"its header gives no spacing ({spacing.tolist()}), so that its millilitres are unknown. "
            "Export it with its spacing in mm"
        )
    if not (np.isfinite(directions).all() and np.isfinite(origin).all()):
        raise ValueError("its axes or its origin are no numbers")
    try:
        return affine_to_ras(directions * spacing, origin, "LPS", ["mm"] * 3)
    except ValueError as error:
        raise Refusal(str(error)) from None


def _require_length(path: Path, expected: int) -> None:
    """Refuse a GIPL file that ends early: ITK fills what is missing with whatever lay in memory."""
    found = 0
    with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
        while found < expected and (chunk := file.read(_CHUNK_BYTES)):
            found += len(chunk)
    if found < expected:
        raise ValueError(f"it holds {found} of {expected} bytes")


def _last_line(error: RuntimeError) -> str:
    """What ITK says, without the source files of its build."""
    return str(error).strip().splitlines()[-1].partition("ITK ERROR: ")[2] or str(error).strip().splitlines()[-1]


@contextlib.contextmanager
def _standard_error_silent() -> Iterator[None]:
    """Send what ITK's C++ writes to standard error nowhere: the ScanError says it better."""
    with _stderr_lock:
        sys.stderr.flush()
        kept = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)
