"""The gate of NRRD files: voxels as stored, positions in RAS+ mm, and a ScanError for whatever cannot be that."""

import math
from pathlib import Path
from typing import BinaryIO

import numpy as np

from volest.images.faults import Refusal, faults_named
from volest.images.header import ImageHeader
from volest.images.image import Image
from volest.images.nrrd_files import data_files
from volest.images.nrrd_header import image_header
from volest.images.nrrd_payload import Flat, Payload, payload_of, read_values
from volest.images.nrrd_text import read_text
from volest.images.nrrd_writer import write_nrrd
from volest.images.regular_file import open_regular, require_regular

__all__ = ["nrrd_files", "read_nrrd", "read_nrrd_header", "write_nrrd"]


def read_nrrd(path: Path) -> Image:
    """Read a 3D raster, attached (.nrrd) or detached (.nhdr); the type of its voxels is kept.

    Raises:
        ScanError: as `read_nrrd_header`, or the voxels are missing, truncated, garbled, more than the header asks for,
            or kept outside the folder of the header.
    """
    with faults_named(path, "NRRD"), open_regular(path) as file:
        text = read_text(file)
        header = image_header(text)
        payload = payload_of(text, header.dtype)
        files = data_files(path, text)
        values = _values(file, files, math.prod(header.shape), payload)
        voxels = values.reshape(header.shape, order="F")
    return Image(voxels, header.affine)


def read_nrrd_header(path: Path) -> ImageHeader:
    """Read what the file says of itself; no voxel is touched.

    Raises:
        ScanError: no such file, no NRRD header, not 3 spatial axes, no spacing, a space or unit that is unknown, voxels
            that are no numbers, or more of them than a scan may have.
    """
    with faults_named(path, "NRRD"), open_regular(path) as file:
        return image_header(read_text(file))


def nrrd_files(path: Path) -> tuple[Path, ...]:
    """The files that one scan is made of: itself, and those that hold its voxels where the header is detached.

    Raises:
        ScanError: one of them is missing or no regular file, or the first has no NRRD header.
    """
    with faults_named(path, "NRRD"):
        with open_regular(path) as file:
            files = data_files(path, read_text(file))
        for data in files:
            try:
                require_regular(data)
            except FileNotFoundError:
                raise _missing(data) from None
    return tuple(dict.fromkeys((path, *files)))


def _values(attached: BinaryIO, files: tuple[Path, ...], count: int, payload: Payload) -> Flat:
    """All voxels, from behind the header or from the files beside it, which hold equal parts."""
    if not files:
        return read_values(attached, count, payload)
    parts = [_part(data, count // len(files), payload) for data in files]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _part(data: Path, count: int, payload: Payload) -> Flat:
    try:
        with open_regular(data) as file:
            return read_values(file, count, payload)
    except FileNotFoundError:
        raise _missing(data) from None


def _missing(data: Path) -> Refusal:
    return Refusal(f"it keeps its voxels in {data}, which does not exist. Copy the file there, or correct the header")
