"""Rasters to NRRD files. Nothing else knows pynrrd."""

import io
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nrrd
import numpy as np
from numpy.typing import NDArray

from volest.errors import ScanError
from volest.images.image import Image
from volest.records import atomic


def write_nrrd(image: Image, path: Path, fields: Mapping[str, str] | None = None, compress: bool = True) -> None:
    """Write a raster in RAS space; the same image gives the same bytes, and `read_nrrd` the same image.

    Args:
        image: what to write; masks of bool become uint8, half precision becomes single.
        path: ends in .nrrd.
        fields: key/value pairs for the header; spaces at the ends of a key or value are not kept by readers.
        compress: gzip the voxels.

    Raises:
        ScanError: NRRD has no type for these voxels, the affine is not finite, or a key cannot be told from a field.
    """
    pairs = [_pair(key, value, path) for key, value in (fields or {}).items()]
    if not np.isfinite(image.affine).all():
        raise ScanError(f"scan {path} cannot be written: its affine {image.affine.tolist()} is not finite. Correct it.")
    header = {
        "space": "right-anterior-superior",
        "space directions": image.affine[:3, :3].T,
        "space origin": image.affine[:3, 3],
        "kinds": ["domain"] * 3,
        "encoding": "gzip" if compress else "raw",
    }
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning)  # pynrrd 1.1.3 asks for utcnow()
        nrrd.write(buffer, _storable(image.voxels, path), header, compression_level=2)
    head, _, data = buffer.getvalue().partition(b"\n\n")
    # pynrrd stamps the time into a comment, which would give every copy another SHA-256, and writes ASCII only.
    lines = [line for line in head.split(b"\n") if not line.startswith(b"#")]
    with atomic.replacing(path) as temporary:
        temporary.write_bytes(b"\n".join([*lines, *pairs]) + b"\n\n" + data)


def _storable(voxels: NDArray[Any], path: Path) -> NDArray[Any]:
    if voxels.dtype == bool:
        return voxels.astype(np.uint8)
    if voxels.dtype == np.float16:
        return voxels.astype(np.float32)
    if voxels.dtype.kind not in "iuf" or voxels.dtype.itemsize > 8:
        raise ScanError(
            f"scan {path} cannot be written: NRRD has no type for voxels of {voxels.dtype}; "
            "expected integers or floating-point numbers of at most 64 bits. Convert them first."
        )
    return voxels


def _pair(key: str, value: str, path: Path) -> bytes:
    if not key.strip() or key.startswith("#") or ":=" in key or not key.isprintable() or "\0" in value:
        raise ScanError(
            f"scan {path} cannot be written: {key!r} with its value is no key/value pair of a header; expected a key "
            "of printable characters without ':=' that does not begin with '#', and a value without NUL. Rename it."
        )
    escaped = value.replace("\\", "\\\\").replace("\n", "\\n")
    return f"{key}:={escaped}".encode()
